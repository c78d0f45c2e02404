package io.vsmmu.iommufd.simulated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.simulated.SimulatedMachine.Usage;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.Request;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * Rules that depend on the node, or on several processes; the others are in the conformance suite.
 */
class SimulatedMachineTest {

  @Test
  void aNodeIsThereOnlyOnAVfioDriver() {
    SimulatedMachine machine = new SimulatedMachine(SimulatedNode.graceLike());
    SimulatedKernel kernel = new SimulatedKernel(machine, true);
    Path gpu = SimulatedMachine.VFIO_DEVICES.resolve("vfio0");
    fails(Errno.ENOENT, () -> kernel.open(gpu));

    machine.bindDriver("0008:06:00.0", "nvgrace_gpu_vfio_pci");
    kernel.close(kernel.open(gpu));

    machine.bindDriver("0008:06:00.0", "nvidia");
    fails(Errno.ENOENT, () -> kernel.open(gpu));
    assertThat(machine.driver("0008:06:00.0")).contains("nvidia");
    fails(Errno.ENODEV, () -> machine.bindDriver("ffff:ff:1f.7", null));
  }

  @Test
  void aGroupIsBoundAsAWhole() {
    SimulatedMachine machine =
        new SimulatedMachine(
            oneGroup(SimulatedNode.small())
                .withDevices(device ->
                    device.withDriver(
                        device.cdev().equals("vfio1") ? "e1000e" : SimulatedNode.VFIO_PCI)));
    Bench bench = new Bench(new SimulatedKernel(machine, true));
    Descriptor first = bench.device("vfio0");

    fails(Errno.EPERM, () -> bench.bind(first));

    machine.bindDriver("0000:0a:00.0", null);
    bench.bind(first);
  }

  @Test
  void aSiblingOnTheStubDriverIsNobodys() {
    SimulatedMachine machine = new SimulatedMachine(oneGroup(SimulatedNode.small()).onVfio());
    machine.bindDriver("0000:0a:00.0", "pci-stub");
    Bench bench = new Bench(new SimulatedKernel(machine, true));

    assertThat(bench.bind(bench.device("vfio0"))).isEqualTo(1);
  }

  @Test
  void aGroupBelongsToOneContext() {
    SimulatedKernel kernel = new SimulatedKernel(oneGroup(SimulatedNode.small()).onVfio());
    Bench one = new Bench(kernel);
    Bench two = new Bench(kernel);
    Descriptor first = one.device("vfio0");
    one.bind(first);

    fails(Errno.EPERM, () -> two.bind(two.device("vfio1")));

    first.close();
    two.bind(two.device("vfio1"));
  }

  @Test
  void aGroupIsBehindOnePageTable() {
    Bench bench = new Bench(new SimulatedKernel(oneGroup(SimulatedNode.small()).onVfio()));
    Descriptor first = bench.device("vfio0");
    Descriptor second = bench.device("vfio1");
    int device = bench.bind(first);
    bench.bind(second);
    int ioas = bench.ioas();
    int one = bench.parent(device, ioas);
    int two = bench.parent(device, ioas);
    bench.attach(first, one);

    fails(Errno.EINVAL, () -> bench.attach(second, two));

    bench.attach(second, one);
    bench.attach(first, two);
    bench.attach(second, two);
  }

  @Test
  void aReservedRegionOrAnIncoherentSmmuForbidsBinding() {
    SimulatedNode small = SimulatedNode.small().onVfio();

    for (SimulatedNode node :
        List.of(
            small.withDevices(SimulatedDevice::withDirectRegion),
            small.withSmmus(smmu -> smmu.without(0, 1 << 4)))) {
      Bench bench = new Bench(new SimulatedKernel(node));
      fails(Errno.EINVAL, () -> bench.bind(bench.device("vfio0")));
    }
  }

  @Test
  void nestingNeedsForcedWriteBackOrAPromiseOfTheFirmware() {
    SimulatedNode without = SimulatedNode.withoutNesting().onVfio();
    Bench cannot = new Bench(new SimulatedKernel(without));
    int device = cannot.bind(cannot.device("vfio0"));
    int parent = cannot.parent(device, cannot.ioas());
    fails(Errno.EOPNOTSUPP, () -> cannot.viommu(device, parent));

    SimulatedNode promised =
        without.withSmmus(smmu ->
            new SimulatedSmmu(
                smmu.name(), smmu.idr(), smmu.iidr(), smmu.aidr(), true, smmu.vmids()));
    Bench can = new Bench(new SimulatedKernel(promised));
    int other = can.bind(can.device("vfio0"));
    can.viommu(other, can.parent(other, can.ioas()));
  }

  @Test
  void oneStageIsNoParent() {
    SimulatedNode node = SimulatedNode.small().onVfio().withSmmus(smmu -> smmu.without(0, 1));
    Bench bench = new Bench(new SimulatedKernel(node));
    int device = bench.bind(bench.device("vfio0"));

    fails(Errno.EOPNOTSUPP, () -> bench.parent(device, bench.ioas()));
  }

  @Test
  void aNestingParentTakesAVmid() {
    SimulatedNode node =
        SimulatedNode.small()
            .onVfio()
            .withSmmus(smmu ->
                new SimulatedSmmu(smmu.name(), smmu.idr(), smmu.iidr(), smmu.aidr(), false, 2));
    SimulatedKernel kernel = new SimulatedKernel(node);
    Bench bench = new Bench(kernel);
    int device = bench.bind(bench.device("vfio0"));
    int ioas = bench.ioas();
    bench.parent(device, ioas);
    bench.parent(device, ioas);

    fails(Errno.ENOSPC, () -> bench.parent(device, ioas));

    assertThat(kernel.machine().usage().vmids()).isEqualTo(2);
  }

  @Test
  void aPassedContextLivesInTheOtherProcess() {
    SimulatedKernel agent = new SimulatedKernel(SimulatedNode.small().onVfio());
    SimulatedKernel vmm = new SimulatedKernel(agent.machine(), false);
    Bench bench = new Bench(agent);
    int ioas = bench.ioas();
    int passed = agent.pass(bench.iommu.fd(), vmm);

    agent.exit();

    Bench other = new Bench(vmm, passed);
    int device = other.bind(other.device("vfio0"));
    other.viommu(device, other.parent(device, ioas));
    vmm.exit();
    assertThat(agent.machine().usage()).isEqualTo(new Usage(0, 0, 0, 0));
  }

  @Test
  void aBoundDeviceOfAPassedFileStaysUntilBothProcessesCloseIt() {
    SimulatedKernel agent = new SimulatedKernel(SimulatedNode.small().onVfio());
    SimulatedKernel vmm = new SimulatedKernel(agent.machine(), false);
    Bench bench = new Bench(agent);
    Descriptor device = bench.device("vfio0");
    bench.bind(device);
    agent.pass(device.fd(), vmm);

    agent.exit();
    assertThat(agent.machine().usage()).isEqualTo(new Usage(1, 1, 1, 0));

    vmm.exit();
    assertThat(agent.machine().usage()).isEqualTo(new Usage(0, 0, 0, 0));
  }

  @Test
  void closedDescriptorsAreUnknown() {
    SimulatedKernel kernel = new SimulatedKernel(SimulatedNode.small());
    int fd = kernel.open(SimulatedMachine.IOMMU);
    kernel.close(fd);

    fails(Errno.EBADF, () -> kernel.close(fd));
    fails(Errno.EBADF, () -> kernel.ioctl(fd, IommuIoasAlloc.REQUEST, null));
    fails(Errno.EBADF, () -> kernel.pass(fd, kernel));
  }

  @Test
  void aWildSizeIsNotRead() {
    SimulatedKernel kernel = new SimulatedKernel(SimulatedNode.small());
    Bench bench = new Bench(kernel);
    IommuIoasAlloc request = new IommuIoasAlloc();
    request.size = -1;

    fails(Errno.E2BIG, () -> request.call(bench.iommu));
  }

  private static SimulatedNode oneGroup(SimulatedNode node) {
    return node.withDevices(device -> device.cdev().equals("vfio1") ? device.withGroup(0) : device);
  }

  private static void fails(Errno errno, ThrowingCallable call) {
    assertThatExceptionOfType(KernelException.class)
        .isThrownBy(call)
        .extracting(KernelException::errno)
        .isEqualTo(errno);
  }

  /** A context and the requests that these tests make on it. */
  private static final class Bench {
    private final SimulatedKernel kernel;
    private final Descriptor iommu;

    Bench(SimulatedKernel kernel) {
      this(kernel, kernel.open(SimulatedMachine.IOMMU));
    }

    Bench(SimulatedKernel kernel, int iommufd) {
      this.kernel = kernel;
      this.iommu = new Descriptor(kernel, iommufd, "iommufd");
    }

    Descriptor device(String cdev) {
      Path node = SimulatedMachine.VFIO_DEVICES.resolve(cdev);
      return new Descriptor(kernel, kernel.open(node), cdev);
    }

    int bind(Descriptor device) {
      VfioDeviceBindIommufd request = new VfioDeviceBindIommufd();
      request.iommufd = iommu.fd();
      request.call(device);
      return request.out_devid;
    }

    int ioas() {
      return made(new IommuIoasAlloc()).out_ioas_id;
    }

    int parent(int device, int ioas) {
      IommuHwptAlloc request = new IommuHwptAlloc();
      request.flags = IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT;
      request.dev_id = device;
      request.pt_id = ioas;
      return made(request).out_hwpt_id;
    }

    int viommu(int device, int parent) {
      IommuViommuAlloc request = new IommuViommuAlloc();
      request.type = IommuViommuAlloc.IOMMU_VIOMMU_TYPE_ARM_SMMUV3;
      request.dev_id = device;
      request.hwpt_id = parent;
      return made(request).out_viommu_id;
    }

    void attach(Descriptor device, int pageTable) {
      VfioDeviceAttachIommufdPt request = new VfioDeviceAttachIommufdPt();
      request.pt_id = pageTable;
      request.call(device);
    }

    private <R extends Request> R made(R request) {
      request.call(iommu);
      return request;
    }
  }
}
