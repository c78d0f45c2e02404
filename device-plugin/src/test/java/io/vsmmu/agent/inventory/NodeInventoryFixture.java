package io.vsmmu.agent.inventory;

import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.binding.Binder;
import io.vsmmu.agent.probe.Prober;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Inventories of simulated nodes, each closed after its test. */
abstract class NodeInventoryFixture {

  static final String GPU = "vsmmu.io/gpu";
  static final String FIRST = "0008:06:00.0";
  static final ResourceSpec GPUS = ResourceSpec.of(GPU, DeviceSelector.ofIds("10de", "2941"));

  /** Two functions that share a group. */
  static final ResourceSpec CARDS =
      ResourceSpec.of("vsmmu.io/card", DeviceSelector.ofIds("8086", "1521"));

  @TempDir Path folder;
  final List<NodeInventory> open = new ArrayList<>();
  final DeviceClaims claims = new DeviceClaims();
  long generation;

  @AfterEach
  void close() {
    open.forEach(NodeInventory::close);
  }

  TestNode node(SimulatedNode simulated) {
    return new TestNode(folder, simulated);
  }

  NodeInventory inventory(TestNode node) throws IOException {
    var inventory = node.inventory(claims);
    open.add(inventory);
    return inventory;
  }

  NodeInventory inventory(TestNode node, Kernel kernel) throws IOException {
    return inventory(node, node.binder(), new Prober(kernel, node.dev(), node.sys()));
  }

  NodeInventory inventory(TestNode node, Binder binder, Prober prober) throws IOException {
    var inventory =
        NodeInventory.open(
            node.sys(), binder, prober, claims, node.state().resolve("smmus"), TestNode.BOOT);
    open.add(inventory);
    return inventory;
  }

  NodeReport wish(NodeInventory inventory, ResourceSpec... resources) {
    return wish(inventory, new Wish(++generation, List.of(resources), false));
  }

  static NodeReport wish(NodeInventory inventory, Wish wish) {
    inventory.wish(wish);
    await().until(() -> inventory.report().wish().equals(wish));
    return inventory.report();
  }

  static ResourceSpec with(Management binding, Nesting nesting) {
    return new ResourceSpec(GPU, GPUS.selectors(), null, binding, null, null, null, nesting, null);
  }

  static SimulatedDevice inGroup(int group, SimulatedDevice device) {
    return new SimulatedDevice(
        device.pciAddress(),
        device.smmu(),
        group,
        device.numaNode(),
        device.vendor(),
        device.device(),
        device.deviceClass(),
        device.cdev(),
        device.driver(),
        device.directReserved());
  }

  static DeviceState state(NodeInventory inventory, String id) {
    return inventory.snapshot().device(id).orElseThrow().state();
  }

  static void bind(TestNode node, SimulatedKernel process, String cdev, String address) {
    var kernel = node.kernelFor(process);
    var _ =
        VfioDevice.open(kernel, node.dev().resolve("vfio/devices").resolve(cdev), address)
            .bind(IommuContext.open(kernel, node.dev().resolve("iommu")));
  }
}
