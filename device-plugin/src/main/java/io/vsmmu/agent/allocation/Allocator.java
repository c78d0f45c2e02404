package io.vsmmu.agent.allocation;

import java.util.Set;

/** Serves kubelet's Allocate. */
public interface Allocator {

  /**
   * Prepares devices for one container: all of them in one iommufd context, or none. When this
   * returns, the allocation is on disk and its hand-off directory is served. The same ids again
   * supersede what was prepared for them before.
   *
   * @param resource extended resource name, {@code vsmmu.io/nic}
   * @param deviceIds ids of that resource's devices, at least one
   * @throws AllocationException when any of them cannot be had; then nothing is left prepared
   */
  AllocationAnswer allocate(String resource, Set<String> deviceIds) throws AllocationException;
}
