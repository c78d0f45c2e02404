package io.vsmmu.iommufd.topology;

import io.vsmmu.iommufd.topology.Attribute.Folder;
import io.vsmmu.iommufd.topology.Attribute.Text;
import io.vsmmu.iommufd.topology.Attribute.Unreadable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Makes sense of a snapshot. */
final class TopologyReader {

  private static final Pattern REGION =
      Pattern.compile("0x([0-9a-f]{1,16})\\s+0x([0-9a-f]{1,16})\\s+(\\S+)");

  /** The kernel has at most 1024 nodes. */
  private static final Pattern RANGE = Pattern.compile("(\\d{1,4})(?:-(\\d{1,4}))?");

  /**
   * What a group says.
   *
   * @param faults what it does not say clearly, one sentence each
   */
  record Reserved(List<ReservedRegion> regions, List<String> faults) {

    /** A group that is not there any more. */
    static final Reserved NOTHING = new Reserved(List.of(), List.of());
  }

  private TopologyReader() {}

  static NodeTopology read(TopologySnapshot snapshot) {
    var reserved = new HashMap<String, Reserved>();
    snapshot.groups().forEach((name, group) -> reserved.put(name, reserved(group)));
    var functions = new ArrayList<PciFunction>();
    var faults = new ArrayList<String>();
    for (var folder : snapshot.functions().values()) {
      PciAddress.tryParse(folder.name())
          .ifPresentOrElse(
              address -> functions.add(function(folder, address, reserved)),
              () ->
                  faults.add(
                      "%s/%s is no PCI address: ignored"
                          .formatted(SysfsRecorder.DEVICES, folder.name())));
    }
    return NodeTopology.of(
        functions, smmus(snapshot, faults), cpuNodes(snapshot.nodes(), faults), faults);
  }

  private static List<String> smmus(TopologySnapshot snapshot, List<String> faults) {
    if (snapshot.smmus() instanceof Unreadable(var why)) {
      faults.add("%s %s: SMMUs without devices are not seen".formatted(SysfsRecorder.IOMMUS, why));
    }
    return snapshot.smmus() instanceof Folder(var names) ? names : List.of();
  }

  /** A list such as {@code 0-1,8}; empty when it is not there or makes no sense. */
  private static SortedSet<Integer> cpuNodes(SysfsFolder nodes, List<String> faults) {
    var cpuNodes = new TreeSet<Integer>();
    switch (nodes.attributes().get(SysfsRecorder.HAS_CPU)) {
      case Text(var text) when !text.isEmpty() -> {
        for (var part : text.split(",")) {
          var range = RANGE.matcher(part);
          if (!range.matches()) {
            faults.add("has_cpu reads '%s', not a list of NUMA nodes".formatted(text));
            return Collections.emptySortedSet();
          }
          int first = Integer.parseInt(range.group(1));
          int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
          IntStream.rangeClosed(first, last).forEach(cpuNodes::add);
        }
      }
      case Unreadable(var why) -> faults.add("has_cpu " + why);
      case null, default -> {
        // A kernel without NUMA.
      }
    }
    return cpuNodes;
  }

  private static PciFunction function(
      SysfsFolder folder, PciAddress address, Map<String, Reserved> reserved) {
    var reader = new FunctionReader(folder, address);
    return reader.read(reserved.getOrDefault(reader.groupName(), Reserved.NOTHING));
  }

  private static Reserved reserved(SysfsFolder group) {
    return switch (group.attributes().get("reserved_regions")) {
      case Text(var text) -> reserved(text);
      case Unreadable(var why) -> new Reserved(List.of(), List.of("reserved_regions " + why));
      case null, default -> new Reserved(List.of(), List.of("reserved_regions is missing"));
    };
  }

  private static Reserved reserved(String text) {
    var regions = new ArrayList<ReservedRegion>();
    var faults = new ArrayList<String>();
    for (var line : text.lines().toList()) {
      var region = region(line);
      if (region != null) {
        regions.add(region);
      } else {
        faults.add("reserved_regions has the line '" + line + "', which is no region");
      }
    }
    return new Reserved(List.copyOf(regions), List.copyOf(faults));
  }

  private static @Nullable ReservedRegion region(String line) {
    var region = REGION.matcher(line);
    return region.matches()
        ? new ReservedRegion(
            Long.parseUnsignedLong(region.group(1), 16),
            Long.parseUnsignedLong(region.group(2), 16),
            region.group(3))
        : null;
  }
}
