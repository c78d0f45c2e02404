package io.vsmmu.iommufd.topology;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a folder of sysfs held at one moment, of all that topology asks for.
 *
 * @param name of the folder
 * @param place the names of the folders that it is in, from {@code /sys/devices} on, itself last;
 *     empty when not known
 * @param attributes by name
 */
record SysfsFolder(String name, List<String> place, SortedMap<String, Attribute> attributes) {

  SysfsFolder {
    place = List.copyOf(place);
    attributes = Collections.unmodifiableSortedMap(new TreeMap<>(attributes));
  }
}
