package io.vsmmu.iommufd.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuOption;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Two VMs of one user, each with a limit of 3 MiB: who is charged for the 2 MiB that each pins is
 * decided by the mode of the context, which only somebody with CAP_SYS_RESOURCE can set.
 */
class LockedMemoryTest {
  private static final int QEMU = 107;
  private static final long LIMIT = 3 << 20;
  private static final long PINNED = 2 << 20;
  private static final long PAGE = 4096;

  private final SimulatedMachine machine = new SimulatedMachine(SimulatedNode.small().onVfio());
  private final SimulatedKernel agent = new SimulatedKernel(machine, true);
  private final Memory memory = new Memory(PINNED + PAGE);

  @AfterEach
  void free() {
    memory.close();
  }

  @Test
  void vmsOfOneUserShareItsLimit() {
    Vm first = new Vm("vfio0", false);
    Vm second = new Vm("vfio1", false);
    first.map();

    noMemory(second::map);

    first.unmap();
    second.map();
  }

  @Test
  void vmsInContextsThatChargeProcessesHaveALimitEach() {
    Vm first = new Vm("vfio0", true);
    Vm second = new Vm("vfio1", true);
    first.map();

    second.map();

    assertThat(machine.pinnedBytes()).isEqualTo(2 * PINNED);
  }

  @Test
  void aVmHasItsLimitHoweverItIsCharged() {
    Vm vm = new Vm("vfio0", true);
    vm.map();

    noMemory(() -> vm.map(PINNED));
  }

  @Test
  void aVmThatEndsGivesBackWhatItPinned() {
    Vm first = new Vm("vfio0", false);
    Vm second = new Vm("vfio1", false);
    first.map();
    first.process.exit();

    assertThatNoException().isThrownBy(second::map);
  }

  @Test
  void theAgentHasNoLimit() {
    new Vm(agent, agent.open(SimulatedMachine.IOMMU), "vfio0").map();
    new Vm(agent, agent.open(SimulatedMachine.IOMMU), "vfio1").map();

    assertThat(machine.pinnedBytes()).isEqualTo(2 * PINNED);
  }

  private static void noMemory(ThrowingCallable call) {
    assertThatExceptionOfType(KernelException.class)
        .isThrownBy(call)
        .extracting(KernelException::errno)
        .isEqualTo(Errno.ENOMEM);
  }

  /** A context that the agent made and passed on, with a device and an address space. */
  private final class Vm {
    private final SimulatedKernel process;
    private final Descriptor iommu;
    private final int ioas;

    Vm(String cdev, boolean chargesProcess) {
      this(new SimulatedKernel(machine, QEMU, LIMIT), context(chargesProcess), cdev);
    }

    private Vm(SimulatedKernel process, int agentsContext, String cdev) {
      this.process = process;
      this.iommu = new Descriptor(process, handOver(agentsContext, process), "context");
      VfioDeviceBindIommufd bind = new VfioDeviceBindIommufd();
      bind.iommufd = iommu.fd();
      bind.call(
          new Descriptor(process, process.open(SimulatedMachine.VFIO_DEVICES.resolve(cdev)), cdev));
      IommuIoasAlloc space = new IommuIoasAlloc();
      space.call(iommu);
      this.ioas = space.out_ioas_id;
      // Nothing is pinned before there is a page table to put it into.
      IommuHwptAlloc parent = new IommuHwptAlloc();
      parent.flags = IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT;
      parent.dev_id = bind.out_devid;
      parent.pt_id = ioas;
      parent.call(iommu);
    }

    void map() {
      map(0);
    }

    void map(long iova) {
      IommuIoasMap request = new IommuIoasMap();
      request.flags =
          IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA
              | IommuIoasMap.IOMMU_IOAS_MAP_READABLE
              | IommuIoasMap.IOMMU_IOAS_MAP_WRITEABLE;
      request.ioas_id = ioas;
      request.user_va = Pointer.nativeValue(memory) + PAGE - 1 & -PAGE;
      request.length = PINNED;
      request.iova = iova;
      request.call(iommu);
    }

    void unmap() {
      IommuIoasUnmap request = new IommuIoasUnmap();
      request.ioas_id = ioas;
      request.length = PINNED;
      request.call(iommu);
    }
  }

  private int context(boolean chargesProcess) {
    int fd = agent.open(SimulatedMachine.IOMMU);
    if (chargesProcess) {
      IommuOption option = new IommuOption();
      option.option_id = IommuOption.IOMMU_OPTION_RLIMIT_MODE;
      option.op = IommuOption.IOMMU_OPTION_OP_SET;
      option.val64 = 1;
      option.call(new Descriptor(agent, fd, "context"));
    }
    return fd;
  }

  private int handOver(int fd, SimulatedKernel process) {
    if (process == agent) {
      return fd;
    }
    int passed = agent.pass(fd, process);
    agent.close(fd);
    return passed;
  }
}
