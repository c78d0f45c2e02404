package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.uapi.IommuDestroy;
import io.vsmmu.iommufd.uapi.IommuFaultAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuOption;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An open iommufd: the world that one VM's objects live in. It and all its objects live as long as
 * a process has it open or a device is bound to it; closing this object's descriptor takes nothing
 * from another process that got a copy.
 */
public final class IommuContext implements AutoCloseable {
  private final Descriptor file;
  private final @Nullable TopologySource topology;

  private IommuContext(Descriptor file, @Nullable TopologySource topology) {
    this.file = file;
    this.topology = topology;
  }

  /**
   * Makes a fresh context.
   *
   * @param device {@code /dev/iommu}
   * @throws IommuException when the node cannot be opened
   */
  public static IommuContext open(Kernel kernel, Path device) {
    return new IommuContext(Requests.open(kernel, device), null);
  }

  /**
   * Makes a fresh context whose errors can name other devices than their own: when a bind is
   * refused, which function of the iommu group is on which driver.
   *
   * @param device {@code /dev/iommu}
   * @throws IommuException when the node cannot be opened
   */
  public static IommuContext open(Kernel kernel, Path device, TopologySource topology) {
    return new IommuContext(Requests.open(kernel, device), topology);
  }

  /** Takes over a descriptor that came from another process. */
  public static IommuContext adopt(Kernel kernel, int fd) {
    return new IommuContext(new Descriptor(kernel, fd, "iommufd " + fd), null);
  }

  /** The descriptor, to pass it on. This object keeps owning it. */
  public int fd() {
    return file.fd();
  }

  public Kernel kernel() {
    return file.kernel();
  }

  /**
   * Charges pinned pages to the process that maps them, not to its user. Without it two VMs of one
   * user share one RLIMIT_MEMLOCK.
   *
   * @throws IommuException EPERM without CAP_SYS_RESOURCE; EBUSY when the context was used before
   */
  public void chargeProcess() {
    IommuOption option = new IommuOption();
    option.option_id = IommuOption.IOMMU_OPTION_RLIMIT_MODE;
    option.op = IommuOption.IOMMU_OPTION_OP_SET;
    option.val64 = 1;
    Requests.call(file, option, "RLIMIT_MODE of " + file.name());
  }

  /** Whether pinned pages are charged to the process ({@link #chargeProcess}). */
  public boolean chargesProcess() {
    IommuOption option = new IommuOption();
    option.option_id = IommuOption.IOMMU_OPTION_RLIMIT_MODE;
    option.op = IommuOption.IOMMU_OPTION_OP_GET;
    Requests.call(file, option, "RLIMIT_MODE of " + file.name());
    return option.val64 != 0;
  }

  /** Makes an empty address space. */
  public Ioas allocateIoas() {
    IommuIoasAlloc request = Requests.call(file, new IommuIoasAlloc(), file.name());
    return new Ioas(this, request.out_ioas_id);
  }

  /**
   * Makes a queue of page requests for nested page tables.
   *
   * @throws IommuException EMFILE when the process has no descriptor left
   */
  public FaultQueue allocateFaultQueue() {
    IommuFaultAlloc request = Requests.call(file, new IommuFaultAlloc(), file.name());
    return new FaultQueue(this, request.out_fault_id, request.out_fault_fd);
  }

  /** Closes the descriptor. Objects and bound devices stay while anybody else holds the context. */
  @Override
  public void close() {
    Requests.close(file);
  }

  /** The same refusal, with what the topology knows of the device's group. */
  IommuException explained(IommuException refusal) {
    if (topology == null || refusal.errno() != Errno.EPERM) {
      return refusal;
    }
    try {
      return GroupDiagnosis.of(topology.read(), refusal.object())
          .map(refusal::withHint)
          .orElse(refusal);
    } catch (IOException e) {
      refusal.addSuppressed(e);
      return refusal;
    }
  }

  Descriptor file() {
    return file;
  }

  void destroy(int id, String object) {
    IommuDestroy request = new IommuDestroy();
    request.id = id;
    Requests.call(file, request, object);
  }

  @Override
  public String toString() {
    return file.toString();
  }
}
