package io.vsmmu.iommufd.simulated;

/**
 * A process as far as the kernel asks who makes a request.
 *
 * @param id distinct for every process of a machine
 * @param uid its real user
 * @param lockedMemory RLIMIT_MEMLOCK in bytes; {@link #UNLIMITED} for none
 * @param sysResource whether it may change what limits apply (CAP_SYS_RESOURCE)
 * @param ipcLock whether no limit on locked memory applies to it (CAP_IPC_LOCK)
 */
public record CallingProcess(
    long id, int uid, long lockedMemory, boolean sysResource, boolean ipcLock) {

  /** RLIM_INFINITY. */
  public static final long UNLIMITED = Long.MAX_VALUE;
}
