package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import java.util.List;

/** What of a process's addresses has memory, as {@code /proc/PID/maps} tells (proc_pid_maps(5)). */
record MemoryMappings(List<Mapping> mappings) {

  /**
   * @param end the first address after it
   */
  record Mapping(long start, long end, boolean readable, boolean writable) {}

  MemoryMappings {
    mappings = List.copyOf(mappings);
  }

  static MemoryMappings parse(List<String> lines) {
    return new MemoryMappings(lines.stream().map(MemoryMappings::mapping).toList());
  }

  private static Mapping mapping(String line) {
    int dash = line.indexOf('-');
    int space = line.indexOf(' ');
    return new Mapping(
        Long.parseUnsignedLong(line, 0, dash, 16),
        Long.parseUnsignedLong(line, dash + 1, space, 16),
        line.charAt(space + 1) == 'r',
        line.charAt(space + 2) == 'w');
  }

  /**
   * @throws io.vsmmu.iommufd.kernel.KernelException EFAULT when part of the range has no memory, or
   *     none with that access
   */
  void require(long address, long length, boolean writable) {
    long end = address + length;
    long covered = address;
    // In the order of addresses, so that one pass finds a gap.
    for (Mapping mapping : mappings) {
      if (Long.compareUnsigned(mapping.start, covered) <= 0
          && Long.compareUnsigned(covered, mapping.end) < 0
          && mapping.readable
          && (mapping.writable || !writable)) {
        covered = mapping.end;
      }
    }
    Fail.when(
        Long.compareUnsigned(covered, end) < 0,
        Errno.EFAULT,
        "no usable memory at 0x" + Long.toHexString(covered));
  }
}
