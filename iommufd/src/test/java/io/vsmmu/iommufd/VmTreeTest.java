package io.vsmmu.iommufd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine.Usage;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.smmu.Vste;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VmTreeTest {
  private static final Usage ONLY_THE_CONTEXT = new Usage(1, 1, 0, 0);

  @Test
  void oneSmmuHasOneParentAndOneViommuHoweverManyDevices() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);
    List<TreeDevice> devices = Nodes.devices(node).subList(0, 2);

    VmTree tree = VmTree.build(Nodes.context(kernel), devices, InitialProxy.BYPASS);

    TreeDescription description = tree.describe();
    assertThat(description.nestingParents()).hasSize(1);
    assertThat(description.viommus())
        .singleElement()
        .satisfies(viommu -> {
          assertThat(viommu.smmu()).isEqualTo(devices.get(0).smmu());
          assertThat(viommu.nestingParent())
              .isEqualTo(description.nestingParents().getFirst().id());
          assertThat(viommu.capabilities().oas()).isEqualTo(48);
        });
    assertThat(description.devices())
        .extracting(TreeDescription.Device::pciAddress)
        .containsExactly(devices.get(0).pciAddress(), devices.get(1).pciAddress());
    // The IOAS, parent, vIOMMU and two proxies, and the devices.
    assertThat(kernel.machine().usage()).isEqualTo(new Usage(3, 1, 7, 1));
  }

  @Test
  void everySmmuHasItsOwnParentOnTheOneAddressSpace() {
    SimulatedNode node = SimulatedNode.graceLike().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);

    TreeDescription description =
        VmTree.build(Nodes.context(kernel), Nodes.devices(node), InitialProxy.ABORT).describe();

    assertThat(description.nestingParents())
        .extracting(TreeDescription.NestingParent::smmu)
        .containsExactlyElementsOf(node.smmus().stream().map(smmu -> smmu.name()).toList());
    assertThat(description.viommus())
        .extracting(TreeDescription.Viommu::nestingParent)
        .doesNotHaveDuplicates();
    assertThat(description.devices())
        .allSatisfy(device ->
            assertThat(description.viommuOf(device.smmu()))
                .hasValueSatisfying(viommu -> assertThat(viommu.id()).isEqualTo(device.viommu())));
    assertThat(distinctIds(description)).hasSize(1 + 4 + 4 * 3);
  }

  @Test
  void aKernelThatSharesParentsNeedsOnlyOne() {
    SimulatedNode node = SimulatedNode.graceLike().onVfio().sharing();
    SimulatedKernel kernel = new SimulatedKernel(node);

    TreeDescription description =
        VmTree.build(Nodes.context(kernel), Nodes.devices(node), InitialProxy.BYPASS).describe();

    assertThat(description.nestingParents()).hasSize(1);
    assertThat(description.viommus()).hasSize(4);
    // Such a kernel gives VMIDs to vIOMMUs.
    assertThat(kernel.machine().usage().vmids()).isEqualTo(4);
  }

  @Test
  void devicesAreBehindTheInitialProxy() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);
    IommuContext context = Nodes.context(kernel);

    VmTree tree = VmTree.build(context, Nodes.devices(node), InitialProxy.ABORT);

    String address = node.devices().getFirst().pciAddress();
    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> tree.proxiesOf(address).abort().close())
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));
    tree.proxiesOf(address).bypass().close();
  }

  @Test
  void releaseKeepsTheObjectsAndCloseLeavesNothing() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);
    VmTree tree = VmTree.build(Nodes.context(kernel), Nodes.devices(node), InitialProxy.BYPASS);
    TreeDescription before = tree.describe();

    tree.release();

    assertThat(kernel.machine().usage()).isEqualTo(new Usage(1, 1, 9, 2));
    assertThat(tree.describe()).isEqualTo(before);

    tree.close();

    assertThat(kernel.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
  }

  @Test
  void devicesAreAtHandWhileTheyAreInTheTree() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);
    TreeDevice device = Nodes.devices(node).getFirst();
    String address = device.pciAddress();
    VmTree tree = VmTree.build(Nodes.context(kernel), List.of(device), InitialProxy.BYPASS);

    assertThat(tree.boundDevice(address).device().name()).isEqualTo(address);
    assertThatIllegalArgumentException().isThrownBy(() -> tree.boundDevice("0000:ff:00.0"));
    tree.release();
    assertThatIllegalStateException().isThrownBy(() -> tree.boundDevice(address));
    BoundDevice again =
        tree.join(address, VfioDevice.open(kernel, device.cdev(), device.pciAddress()), 0);
    assertThat(tree.boundDevice(address)).isSameAs(again);
  }

  @Test
  void closeLeavesNothingWhileDevicesAreAttached() {
    SimulatedNode node = SimulatedNode.graceLike().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);

    VmTree.build(Nodes.context(kernel), Nodes.devices(node), InitialProxy.BYPASS).close();

    assertThat(kernel.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
  }

  @Test
  void aTreeThatWasInUseCanBeClosedAgain() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);
    TreeDevice any = Nodes.devices(node).getFirst();
    VmTree tree = VmTree.build(Nodes.context(kernel), List.of(any), InitialProxy.BYPASS);
    NestedHwpt more =
        tree.viommuOf(any.pciAddress())
            .allocateNested(tree.boundDevice(any.pciAddress()), Vste.bypass());
    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(tree::close)
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EBUSY));

    more.close();
    tree.close();

    assertThat(kernel.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
  }

  @Test
  void anotherProcessAdoptsAReleasedTree() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel agent = new SimulatedKernel(node);
    SimulatedKernel vmm = new SimulatedKernel(agent.machine(), false);
    IommuContext context = Nodes.context(agent);
    VmTree prepared = VmTree.build(context, Nodes.devices(node), InitialProxy.BYPASS);
    prepared.release();
    TreeDescription description = prepared.describe();
    int passed = agent.pass(context.fd(), vmm);
    agent.exit();

    IommuContext adopted = IommuContext.adopt(vmm, passed);
    VmTree tree = VmTree.adopt(adopted, description);
    long vsid = 8;
    for (TreeDevice device : Nodes.devices(node)) {
      VfioDevice file = VfioDevice.open(vmm, device.cdev(), device.pciAddress());
      tree.join(device.pciAddress(), file, vsid);
      vsid += 8;
    }

    assertThat(tree.describe().nestingParents()).isEqualTo(description.nestingParents());
    assertThat(tree.describe().viommus()).isEqualTo(description.viommus());
    assertThat(tree.describe().devices())
        .extracting(device -> device.virtualStreamId().orElseThrow())
        .containsExactly(8L, 16L, 24L);

    tree.close();
    assertThat(agent.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
    adopted.close();
    assertThat(agent.machine().usage()).isEqualTo(new Usage(0, 0, 0, 0));
  }

  @Test
  void aDeviceThatCannotJoinIsClosed() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);
    List<TreeDevice> devices = Nodes.devices(node);
    VmTree tree = VmTree.build(Nodes.context(kernel), devices, InitialProxy.BYPASS);
    tree.release();
    Usage released = kernel.machine().usage();
    TreeDevice elsewhere = devices.get(2);
    VfioDevice wrong = VfioDevice.open(kernel, elsewhere.cdev(), elsewhere.pciAddress());

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> tree.join(devices.get(0).pciAddress(), wrong, 8))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
        .withMessageContaining("behind another physical SMMU");
    assertThat(kernel.machine().usage()).isEqualTo(released);
  }

  /** A vDEVICE that ends with its device leaves an id that cannot be used again. */
  @Test
  void devicesCanJoinAndBeReleasedForever() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);
    TreeDevice device = Nodes.devices(node).getFirst();
    IommuContext context = Nodes.context(kernel);
    VmTree tree = VmTree.build(context, List.of(device), InitialProxy.BYPASS);
    tree.release();
    int freeBefore = freeId(context);

    tree.join(device.pciAddress(), VfioDevice.open(kernel, device.cdev(), device.pciAddress()), 8);
    assertThat(freeId(context)).isNotEqualTo(freeBefore);
    tree.release();

    assertThat(freeId(context)).isEqualTo(freeBefore);
  }

  private static int freeId(IommuContext context) {
    try (Ioas ioas = context.allocateIoas()) {
      return ioas.id();
    }
  }

  @Test
  void listsThatAreNoTree() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    SimulatedKernel kernel = new SimulatedKernel(node);
    IommuContext context = Nodes.context(kernel);
    TreeDevice device = Nodes.devices(node).getFirst();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> VmTree.build(context, List.of(), InitialProxy.BYPASS));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VmTree.build(context, List.of(device, device), InitialProxy.BYPASS))
        .withMessageContaining(device.pciAddress());
    assertThat(kernel.machine().usage()).isEqualTo(ONLY_THE_CONTEXT);
  }

  private static Set<Integer> distinctIds(TreeDescription description) {
    Set<Integer> ids = new HashSet<>(Set.of(description.ioas()));
    description.nestingParents().forEach(parent -> ids.add(parent.id()));
    description
        .viommus()
        .forEach(viommu -> ids.addAll(Set.of(viommu.id(), viommu.bypass(), viommu.abort())));
    return ids;
  }
}
