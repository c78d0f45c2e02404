package io.vsmmu.iommufd.simulated;

import org.jspecify.annotations.Nullable;

/** The process that makes a request, as far as requests depend on it. */
public interface Caller {

  /** Where the request's argument and the data it points to are. */
  UserMemory memory();

  /**
   * The file behind a descriptor number of the process, or null when it is not open or not a file
   * of this machine.
   */
  @Nullable OpenFile file(int fd);

  /** Whether it may raise resource limits (CAP_SYS_RESOURCE). */
  boolean hasSysResource();
}
