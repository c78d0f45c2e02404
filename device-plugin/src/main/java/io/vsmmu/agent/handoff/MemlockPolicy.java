package io.vsmmu.agent.handoff;

import io.vsmmu.iommufd.fdpass.PeerProcess;
import java.nio.file.Path;

/** How much a process that collects a context may pin. */
public interface MemlockPolicy {

  MemlockLimit limitOf(PeerProcess client);

  /** The same for everybody. */
  static MemlockPolicy of(MemlockLimit limit) {
    return client -> limit;
  }

  /**
   * The memory limit of the client's pod and 1 GiB, which is for what a VMM pins besides the
   * guest's memory; no limit for a pod without one.
   *
   * @param proc {@code /proc} of the host
   * @param cgroups {@code /sys/fs/cgroup} of the host
   */
  static MemlockPolicy podMemory(Path proc, Path cgroups) {
    return new PodMemory(proc, cgroups);
  }
}
