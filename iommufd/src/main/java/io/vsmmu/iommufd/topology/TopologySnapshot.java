package io.vsmmu.iommufd.topology;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A copy of what sysfs says about a node's PCI functions, SMMUs and isolation groups: as the kernel
 * wrote it, garbled entries included, so that a replay sees what the node's agent saw. As a file it
 * is text with sysfs' own names, one fact a line, in an order that depends on nothing but the
 * facts. It holds no serial number and no network address: what identifies a machine or a card is
 * never read.
 *
 * <pre>
 * vsmmu topology 1
 *
 * class/iommu/smmu3.0x000000000c000000
 *
 * devices/system/node
 *   has_cpu = 0-1
 *
 * kernel/iommu_groups/7
 *   reserved_regions = 0x0000000008000000 0x00000000080fffff msi
 *
 * bus/pci/devices/0000:09:00.0 -> pci0000:08/0000:08:00.0/0000:09:00.0
 *   class = 0x020000
 *   driver -> vfio-pci
 *   numa_node ! cannot be read: Input/output error
 *   vfio-dev / vfio0
 * </pre>
 */
public final class TopologySnapshot {

  private final Attribute smmus;
  private final SysfsFolder nodes;
  private final SortedMap<String, SysfsFolder> groups;
  private final SortedMap<String, SysfsFolder> functions;

  /**
   * A copy.
   *
   * @param smmus what {@code class/iommu} is: a folder, or unreadable
   * @param nodes the folder of NUMA nodes, empty where there is none
   */
  TopologySnapshot(
      Attribute smmus,
      SysfsFolder nodes,
      Collection<SysfsFolder> groups,
      Collection<SysfsFolder> functions) {
    this.smmus = smmus;
    this.nodes = nodes;
    this.groups = byName(groups);
    this.functions = byName(functions);
  }

  /**
   * Reads sysfs once. Functions that vanish meanwhile are left out.
   *
   * @param sysfsRoot {@code /sys}, or a tree like it
   * @throws IOException when {@code bus/pci/devices} cannot be listed at all
   */
  public static TopologySnapshot take(Path sysfsRoot) throws IOException {
    return new SysfsRecorder(sysfsRoot, SysfsFiles.REAL).record();
  }

  /**
   * Reads a file that {@link #save} wrote.
   *
   * @throws IOException when it cannot be read or is no snapshot; the message names the file and
   *     the line
   */
  public static TopologySnapshot load(Path file) throws IOException {
    return SnapshotText.parse(
        file.toString(), Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList());
  }

  /** Writes the snapshot to a file, over an older one. */
  public void save(Path file) throws IOException {
    Files.writeString(file, toString(), StandardCharsets.US_ASCII);
  }

  /** What it says; what was missing or malformed is a fault of its function. */
  public NodeTopology topology() {
    return TopologyReader.read(this);
  }

  Attribute smmus() {
    return smmus;
  }

  SysfsFolder nodes() {
    return nodes;
  }

  SortedMap<String, SysfsFolder> groups() {
    return groups;
  }

  SortedMap<String, SysfsFolder> functions() {
    return functions;
  }

  private static SortedMap<String, SysfsFolder> byName(Collection<SysfsFolder> folders) {
    var byName = new TreeMap<String, SysfsFolder>();
    folders.forEach(folder -> byName.put(folder.name(), folder));
    return Collections.unmodifiableSortedMap(byName);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TopologySnapshot snapshot
        && smmus.equals(snapshot.smmus)
        && nodes.equals(snapshot.nodes)
        && groups.equals(snapshot.groups)
        && functions.equals(snapshot.functions);
  }

  @Override
  public int hashCode() {
    return Objects.hash(smmus, nodes, groups, functions);
  }

  /** The text that {@link #save} writes. */
  @Override
  public String toString() {
    return SnapshotText.of(this);
  }
}
