package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.AllocationException;
import io.vsmmu.agent.allocation.Collector;
import io.vsmmu.agent.allocation.Handoff;
import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.HandoffManifest.HandedDevice;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.agent.allocation.HandoffSource;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Hands plain files over in the place of devices, and keeps count. */
final class FileSource implements HandoffSource {
  final AtomicInteger taken = new AtomicInteger();
  final AtomicInteger acknowledged = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();
  volatile @Nullable PodContainer lastPeer;
  volatile @Nullable HandoffProtocol lastProtocol;

  private final LinuxKernel kernel = new LinuxKernel();
  private final List<Path> files;
  private final int devices;

  /**
   * @param files the first stands for the context
   * @param devices how many the manifest tells of, which may be more than there are files
   */
  FileSource(List<Path> files, int devices) {
    this.files = files;
    this.devices = devices;
  }

  static FileSource in(Path folder) throws IOException {
    return new FileSource(
        List.of(
            Files.createFile(folder.resolve("iommufd")), Files.createFile(folder.resolve("vfio0"))),
        1);
  }

  HandoffManifest manifest(String allocation) {
    return new HandoffManifest(
        HandoffManifest.VERSION,
        allocation,
        files.stream().map(file -> file.getFileName().toString()).toList(),
        1,
        "bypass",
        List.of(),
        List.of(),
        IntStream.range(0, devices)
            .mapToObj(i ->
                new HandedDevice(
                    "0000:%02x:%02x.0".formatted(i / 32 % 256, i % 32),
                    "smmu3.0x000000000c000000",
                    null,
                    null,
                    "/dev/vfio/devices/vfio" + i,
                    false))
            .toList());
  }

  @Override
  public Handoff take(String allocation, Collector collector, HandoffProtocol protocol)
      throws AllocationException {
    if (allocation.equals("gone")) {
      throw new AllocationException("allocation gone was released");
    }
    taken.incrementAndGet();
    lastProtocol = protocol;
    lastPeer = collector.container();
    List<Integer> fds = new ArrayList<>();
    files.forEach(file -> fds.add(kernel.open(file)));
    return new Handoff() {
      @Override
      public HandoffManifest manifest() {
        return FileSource.this.manifest(allocation);
      }

      @Override
      public List<Integer> descriptors() {
        return fds;
      }

      @Override
      public void acknowledged() {
        acknowledged.incrementAndGet();
      }

      @Override
      public void close() {
        fds.forEach(kernel::close);
        fds.clear();
        closed.incrementAndGet();
      }
    };
  }

  @Override
  public boolean isAwaited(String allocation) {
    return acknowledged.get() == 0;
  }

  /** How many descriptors this process has of the files. */
  long openFiles() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.filter(this::leadsToOne).count();
    }
  }

  private boolean leadsToOne(Path fd) {
    try {
      return files.contains(Files.readSymbolicLink(fd));
    } catch (IOException e) {
      return false; // closed by another thread since it was listed
    }
  }
}
