package io.vsmmu.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.FaultyKernel;
import io.vsmmu.iommufd.simulated.FaultyKernel.Call;
import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine.Usage;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * In the life of a VM with four devices behind two SMMUs every call fails once, with each error
 * that it can give: nothing is left of what it belonged to, and the error names the step and a
 * cure.
 */
class FaultSweepTest {
  private static final SimulatedNode NODE = fourDevices();
  private static final List<TreeDevice> DEVICES = Nodes.devices(NODE);
  private static final String DEVICE =
      DEVICES.stream().map(TreeDevice::pciAddress).collect(Collectors.joining("|", "(", ")"));
  private static final Usage ONLY_THE_CONTEXT = new Usage(1, 1, 0, 0);
  private static final Usage NOTHING = new Usage(0, 0, 0, 0);

  /**
   * What a call can give.
   *
   * @param object what an error says that the call was made on
   */
  private record Possible(String object, Set<Errno> errnos) {}

  /** By request. Not here: errors that only a mistake in the structure itself gives. */
  private static final Map<String, Possible> POSSIBLE =
      Map.ofEntries(
          possible(
              FaultyKernel.OPEN,
              "/dev/.*",
              Errno.ENOENT,
              Errno.ENODEV,
              Errno.EACCES,
              Errno.EPERM,
              Errno.EBUSY,
              Errno.EMFILE,
              Errno.ENFILE,
              Errno.ENOMEM),
          possible(
              "IOMMU_OPTION",
              "RLIMIT_MODE of /dev/iommu",
              Errno.EPERM,
              Errno.EBUSY,
              Errno.EOPNOTSUPP,
              Errno.EFAULT),
          possible("IOMMU_IOAS_ALLOC", "/dev/iommu", Errno.ENOMEM, Errno.EFAULT),
          possible(
              "VFIO_DEVICE_BIND_IOMMUFD",
              DEVICE,
              Errno.EBADF,
              Errno.EBADFD,
              Errno.EINVAL,
              Errno.EPERM,
              Errno.EBUSY,
              Errno.ENODEV,
              Errno.ENOMEM,
              Errno.EFAULT),
          possible(
              "IOMMU_GET_HW_INFO",
              DEVICE,
              Errno.ENOENT,
              Errno.EOPNOTSUPP,
              Errno.ENOMEM,
              Errno.EFAULT),
          possible(
              "IOMMU_HWPT_ALLOC",
              "nest(ing parent|ed page table) on (IOAS|vIOMMU) \\d+ for " + DEVICE,
              Errno.ENOENT,
              Errno.EINVAL,
              Errno.EOPNOTSUPP,
              Errno.EIO,
              Errno.ENOSPC,
              Errno.EADDRINUSE,
              Errno.ENOMEM,
              Errno.EFAULT),
          possible(
              "IOMMU_VIOMMU_ALLOC",
              "vIOMMU on nesting parent \\d+ for " + DEVICE,
              Errno.ENOENT,
              Errno.EINVAL,
              Errno.EOPNOTSUPP,
              Errno.ENOSPC,
              Errno.ENOMEM,
              Errno.EFAULT),
          possible(
              "IOMMU_VDEVICE_ALLOC",
              "vDEVICE on vIOMMU \\d+ for " + DEVICE,
              Errno.ENOENT,
              Errno.EINVAL,
              Errno.EEXIST,
              Errno.ENOMEM,
              Errno.EFAULT),
          possible(
              "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
              DEVICE + " and nested page table \\d+",
              Errno.ENOENT,
              Errno.EINVAL,
              Errno.EBUSY,
              Errno.EADDRINUSE,
              Errno.EOPNOTSUPP,
              Errno.ENOMEM,
              Errno.EFAULT),
          possible(
              "IOMMU_DESTROY",
              "(IOAS|nesting parent|vIOMMU|nested page table) \\d+",
              Errno.EBUSY,
              Errno.ENOENT));

  private record Fault(Call call, Errno errno) {
    @Override
    public String toString() {
      return call.name() + " " + call.occurrence() + " " + errno;
    }
  }

  static Stream<Fault> faultsOfBuilding() {
    return faults(kernel -> build(kernel), call -> !call.name().equals("IOMMU_DESTROY"));
  }

  @ParameterizedTest
  @MethodSource("faultsOfBuilding")
  void aTreeThatCannotBeBuiltLeavesNothing(Fault fault) {
    SimulatedKernel machine = new SimulatedKernel(NODE);
    FaultyKernel kernel = new FaultyKernel(machine).fail(fault.call, fault.errno);

    assertNames(fault, () -> build(kernel));

    boolean contextOpened = kernel.calls().size() > 1;
    assertThat(machine.machine().usage()).isEqualTo(contextOpened ? ONLY_THE_CONTEXT : NOTHING);
    machine.exit();
    assertThat(machine.machine().usage()).isEqualTo(NOTHING);
  }

  static Stream<Fault> faultsOfJoining() {
    int before = callsOf(FaultSweepTest::build).size();
    List<Call> joining = callsOf(kernel -> join(build(kernel), kernel));
    Set<Call> own = Set.copyOf(joining.subList(before, joining.size()));
    return faults(kernel -> join(build(kernel), kernel), own::contains);
  }

  @ParameterizedTest
  @MethodSource("faultsOfJoining")
  void aDeviceThatCannotJoinLeavesTheTreeAsItWas(Fault fault) {
    SimulatedKernel machine = new SimulatedKernel(NODE);
    FaultyKernel kernel = new FaultyKernel(machine).fail(fault.call, fault.errno);
    VmTree tree = build(kernel);
    tree.release();
    Usage released = machine.machine().usage();

    assertNames(fault, () -> join(tree, kernel));

    tree.release();
    assertThat(machine.machine().usage()).isEqualTo(released);
    join(tree, kernel);
    tree.close();
    assertThat(machine.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
  }

  static Stream<Fault> faultsOfClosing() {
    return faults(kernel -> build(kernel).close(), call -> call.name().equals("IOMMU_DESTROY"));
  }

  @ParameterizedTest
  @MethodSource("faultsOfClosing")
  void anObjectThatStaysIsNamedAndGoesWithTheContext(Fault fault) {
    SimulatedKernel machine = new SimulatedKernel(NODE);
    FaultyKernel kernel = new FaultyKernel(machine).fail(fault.call, fault.errno);
    VmTree tree = build(kernel);

    assertNames(fault, tree::close);

    assertThat(machine.machine().usage().files()).isEqualTo(1);
    tree.context().close();
    assertThat(machine.machine().usage()).isEqualTo(NOTHING);
  }

  @Test
  void everyCallOfTheTreeIsInTheTable() {
    assertThat(
            callsOf(kernel -> {
              VmTree tree = build(kernel);
              join(tree, kernel);
              tree.close();
            }))
        .extracting(Call::name)
        .containsOnlyElementsOf(POSSIBLE.keySet());
  }

  private static VmTree build(Kernel kernel) {
    IommuContext context = Nodes.context(kernel);
    context.chargeProcess();
    return VmTree.build(context, DEVICES, InitialProxy.BYPASS);
  }

  private static void join(VmTree tree, Kernel kernel) {
    tree.release();
    long streamId = 0;
    for (TreeDevice device : DEVICES) {
      VfioDevice file = VfioDevice.open(kernel, device.cdev(), device.pciAddress());
      tree.join(device.pciAddress(), file, streamId);
      streamId += 8;
    }
  }

  private static void assertNames(Fault fault, Runnable run) {
    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(run::run)
        .satisfies(e -> assertThat(e.request()).isEqualTo(fault.call.name()))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(fault.errno))
        .satisfies(e -> assertThat(e.hint()).isNotEmpty())
        .satisfies(e -> assertThat(e.object()).matches(possibleOf(fault.call).object()));
  }

  private static Stream<Fault> faults(Consumer<Kernel> story, Predicate<Call> which) {
    FaultyKernel kernel = new FaultyKernel(new SimulatedKernel(NODE));
    story.accept(kernel);
    // Where the kernel refuses anyway, that refusal is no failure of the story.
    Map<Call, Errno> refused = kernel.refused();
    return kernel.calls().stream()
        .filter(which)
        .flatMap(call ->
            possibleOf(call).errnos().stream()
                .filter(errno -> errno != refused.get(call))
                .map(errno -> new Fault(call, errno)));
  }

  private static List<Call> callsOf(Consumer<Kernel> story) {
    FaultyKernel kernel = new FaultyKernel(new SimulatedKernel(NODE));
    story.accept(kernel);
    return kernel.calls();
  }

  private static Possible possibleOf(Call call) {
    Possible possible = POSSIBLE.get(call.name());
    if (possible == null) {
      throw new IllegalStateException("the table does not say what " + call.name() + " can give");
    }
    return possible;
  }

  private static Map.Entry<String, Possible> possible(
      String request, String object, Errno... errnos) {
    return Map.entry(request, new Possible(object, Set.of(errnos)));
  }

  private static SimulatedNode fourDevices() {
    SimulatedNode small = SimulatedNode.small();
    SimulatedDevice last = small.devices().getLast();
    return small
        .withMore(
            new SimulatedDevice(
                "0000:8a:00.0",
                last.smmu(),
                3,
                0,
                last.vendor(),
                last.device(),
                last.deviceClass(),
                "vfio3",
                null,
                false))
        .onVfio();
  }
}
