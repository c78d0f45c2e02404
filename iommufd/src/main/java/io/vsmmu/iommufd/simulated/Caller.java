package io.vsmmu.iommufd.simulated;

import org.jspecify.annotations.Nullable;

/** The process that makes a request, and what of it the kernel reaches while it works on that. */
public interface Caller {

  CallingProcess process();

  /** Where the request's argument and the data it points to are. */
  UserMemory memory();

  /**
   * The file behind a descriptor number of the process, or null when it is not open or not a file
   * of this machine.
   */
  @Nullable OpenFile file(int fd);

  /**
   * What a descriptor of the process refers to that is no file of this machine.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException EBADF when it is not open
   */
  HostFile hostFile(int fd);

  /**
   * Opens a file that the machine made in the process, with close-on-exec. The file is released
   * when no descriptor refers to it any more, also when this fails.
   *
   * @return its descriptor number there
   */
  int install(OpenFile file);

  /** Takes an {@link #install} back whose number could not be told. */
  void uninstall(int fd);
}
