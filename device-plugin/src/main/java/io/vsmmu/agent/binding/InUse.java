package io.vsmmu.agent.binding;

import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Tells what the host uses a function for: a network interface that carries addresses, routes or
 * other interfaces, or that a container has, a block device that is mounted, swapped to, held by
 * another or claimed by whoever it is, or a driver that programs have open. The host is the view of
 * process 1.
 *
 * <p>IPv4 addresses are seen by the routes that come with them in the main table; one whose routes
 * are in others only is not seen. Nor is a disk that a process has open and lets others have.
 */
final class InUse {

  /** Scope of a link-local address in if_inet6, which every interface that is up has. */
  private static final String LINK_LOCAL = "20";

  /** How an interface links to those that are on it, such as VLANs (net/core/dev.c). */
  private static final String UPPER = "upper_";

  /** How often to look at all of a class while its members come and go. */
  private static final int LOOKS = 5;

  private final Path sysfs;
  private final Path proc;
  private final DiskClaims claims;
  private final DriverUsers users;

  InUse(Path sysfs, Path proc, DiskClaims claims) {
    this.sysfs = sysfs;
    this.proc = proc;
    this.claims = claims;
    this.users = new DriverUsers(sysfs);
  }

  /**
   * What sits below which function at one moment; below a bridge is also what sits below those
   * behind it.
   */
  record Below(Map<PciAddress, List<Path>> interfaces, Map<PciAddress, List<Path>> disks) {}

  /**
   * What uses {@code address}, as a sentence with its cure; empty when nothing does.
   *
   * @throws IOException when that cannot be told
   */
  Optional<String> of(PciAddress address) throws IOException {
    return of(address, below());
  }

  /** As {@link #of(PciAddress)}, by what was found to sit below it. */
  Optional<String> of(PciAddress address, Below below) throws IOException {
    for (var netdev : below.interfaces.getOrDefault(address, List.of())) {
      var use = ofInterface(netdev);
      if (use.isPresent()) {
        return use;
      }
    }
    var disks = below.disks.getOrDefault(address, List.of());
    for (var disk : disks) {
      var use = ofDisk(disk);
      if (use.isPresent()) {
        return use;
      }
    }
    // After what can be named: a disk is claimed, too, when a part of it is mounted.
    for (var disk : disks) {
      var claim = claimOf(disk);
      if (claim.isPresent()) {
        return claim;
      }
    }
    var elsewhere = elsewhere(address);
    return elsewhere.isPresent() ? elsewhere : users.of(address);
  }

  /** The folder of its interfaces stays, and shows none, when they are in another namespace. */
  private Optional<String> elsewhere(PciAddress address) throws IOException {
    var interfaces = sysfs.resolve("bus/pci/devices").resolve(address.toString()).resolve("net");
    return Files.isDirectory(interfaces) && entries(interfaces).isEmpty()
        ? Optional.of(
            "its network interface is in another network namespace; end the container that has it")
        : Optional.empty();
  }

  /**
   * Looks at all interfaces and disks. A node may have thousands: who asks about many functions
   * looks once.
   *
   * @throws IOException when one of them cannot be followed to its place
   */
  Below below() throws IOException {
    return new Below(members("class/net"), members("class/block"));
  }

  private Optional<String> ofInterface(Path netdev) throws IOException {
    var name = netdev.getFileName().toString();
    if (Files.isSymbolicLink(netdev.resolve("master"))) {
      return Optional.of(
          "its network interface %s is part of %s; take it out first"
              .formatted(name, Files.readSymbolicLink(netdev.resolve("master")).getFileName()));
    }
    for (var entry : entries(netdev)) {
      var upper = entry.getFileName().toString();
      if (upper.startsWith(UPPER)) {
        return Optional.of(
            "its network interface %s carries %s; remove that first"
                .formatted(name, upper.substring(UPPER.length())));
      }
    }
    for (var route : rows("1/net/route")) {
      if (route.get(0).equals(name)) {
        return Optional.of(
            "its network interface %s has an address or the default route; remove them first"
                .formatted(name));
      }
    }
    for (var inet6 : rowsIfAny("1/net/if_inet6")) {
      if (inet6.getLast().equals(name) && !inet6.get(3).equals(LINK_LOCAL)) {
        return Optional.of(
            "its network interface %s has an IPv6 address; remove it first".formatted(name));
      }
    }
    return Optional.empty();
  }

  private Optional<String> ofDisk(Path disk) throws IOException {
    var name = disk.getFileName().toString();
    var holders = entries(disk.resolve("holders"));
    if (!holders.isEmpty()) {
      return Optional.of(
          "its block device %s is held by %s; stop that first"
              .formatted(name, holders.getFirst().getFileName()));
    }
    if (isHiddenPath(disk)) {
      return Optional.empty();
    }
    var number = Files.readString(disk.resolve("dev")).strip();
    for (var mount : rows("1/mountinfo")) {
      // Filesystems that span devices (btrfs) have a number of their own, but name a device.
      if (mount.get(2).equals(number) || mount.contains("/dev/" + name)) {
        return Optional.of(
            "its block device %s is mounted at %s; unmount it first".formatted(name, mount.get(4)));
      }
    }
    // A mount names one disk of those that its filesystem spans.
    for (var filesystem : entries(sysfs.resolve("fs/btrfs"))) {
      if (Files.exists(filesystem.resolve("devices").resolve(name))) {
        return Optional.of(
            "its block device %s is part of the mounted btrfs filesystem %s; unmount that first"
                .formatted(name, filesystem.getFileName()));
      }
    }
    for (var swap : rowsIfAny("swaps")) {
      if (swap.getFirst().equals("/dev/" + name)) {
        return Optional.of(
            "its block device %s is swapped to; run: swapoff /dev/%s".formatted(name, name));
      }
    }
    return Optional.empty();
  }

  private Optional<String> claimOf(Path disk) throws IOException {
    var name = disk.getFileName().toString();
    return isHiddenPath(disk) || !claims.isClaimed(name)
        ? Optional.empty()
        : Optional.of(
            ("its block device %s is claimed, by whom the host does not say: a mount in a container,"
                    + " ZFS, bcache, a Ceph OSD or the like; stop that first (fuser -v /dev/%s may"
                    + " name it)")
                .formatted(name, name));
  }

  /** Of a path of a multipath NVMe namespace only what is above it can be opened. */
  private static boolean isHiddenPath(Path disk) {
    return Files.notExists(disk.resolve("dev"));
  }

  /**
   * The members of a device class by the functions that their places in the tree name. One that
   * leaves meanwhile, as those of pods do all the time, may be back under another name: all are
   * looked at again.
   */
  private Map<PciAddress, List<Path>> members(String deviceClass) throws IOException {
    for (int left = LOOKS - 1; true; left--) {
      try {
        return membersNow(deviceClass);
      } catch (NoSuchFileException e) {
        if (left == 0) {
          throw e;
        }
      }
    }
  }

  private Map<PciAddress, List<Path>> membersNow(String deviceClass) throws IOException {
    var members = new HashMap<PciAddress, List<Path>>();
    for (var link : entries(sysfs.resolve(deviceClass))) {
      var functions = new HashSet<PciAddress>();
      for (var place : places(link.toRealPath())) {
        place.forEach(step -> PciAddress.tryParse(step.toString()).ifPresent(functions::add));
      }
      functions.forEach(
          function -> members.computeIfAbsent(function, unused -> new ArrayList<>()).add(link));
    }
    return members;
  }

  /**
   * Where a class member sits: its own place and, for a namespace of a multipath NVMe subsystem,
   * which sits nowhere, those of the subsystem's controllers.
   */
  private Set<Path> places(Path member) throws IOException {
    var places = new HashSet<>(Set.of(member));
    for (var above = member.getParent(); above != null; above = above.getParent()) {
      var parent = above.getParent();
      if (parent != null && parent.endsWith("virtual/nvme-subsystem")) {
        for (var controller : entries(above)) {
          if (Files.isSymbolicLink(controller)) {
            places.add(controller.toRealPath());
          }
        }
      }
    }
    return places;
  }

  private static List<Path> entries(Path folder) throws IOException {
    try (var stream = Files.newDirectoryStream(folder)) {
      var entries = new ArrayList<Path>();
      stream.forEach(entries::add);
      return entries;
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** As {@link #rows}, of a table that a kernel without the feature does not have. */
  private List<List<String>> rowsIfAny(String table) throws IOException {
    try {
      return rows(table);
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  /** The lines of a table below /proc, split at white space. */
  private List<List<String>> rows(String table) throws IOException {
    return Files.readAllLines(proc.resolve(table)).stream()
        .map(line -> List.of(line.strip().split("\\s+")))
        .filter(row -> row.size() > 1)
        .toList();
  }
}
