package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.GuestTopology;
import io.vsmmu.api.v1alpha1.IommufdSocket;
import io.vsmmu.api.v1alpha1.KubeVirtSpec;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Installations of KubeVirt and specifications to meet them, for the tests of decisions. */
final class KubeVirts {

  static final String NIC = "vsmmu.io/nic";
  static final Permit NIC_PERMIT = new Permit("8086:10D3", NIC);
  static final Permit GPU_PERMIT = new Permit("10DE:2941", "vsmmu.io/gpu");

  private KubeVirts() {}

  /** Deployed, with all gates on that the defaults of a VSmmu want, and this list. */
  static Installation listing(PciHostDevice... entries) {
    return installation("Deployed", "v1.9.0", Set.of("HostDevices", "Sidecar"), entries);
  }

  /** Deployed, with these gates, and the NIC permitted. */
  static Installation withGates(String... gates) {
    return installation("Deployed", "v1.9.0", Set.of(gates), PciHostDevice.of(NIC_PERMIT));
  }

  static Installation installation(
      String phase, String version, Set<String> gates, PciHostDevice... entries) {
    return new Installation(
        "kubevirt",
        "kubevirt",
        phase,
        version,
        new FeatureGates(gates),
        List.of(entries),
        true,
        Set.of(),
        Set.of());
  }

  static Installation recording(Installation kubevirt, Permit... ours) {
    return new Installation(
        kubevirt.namespace(),
        kubevirt.name(),
        kubevirt.phase(),
        kubevirt.version(),
        kubevirt.gates(),
        kubevirt.permitted(),
        kubevirt.alone(),
        Set.of(ours),
        kubevirt.writers());
  }

  /** An entry of somebody else. */
  static PciHostDevice entry(String selector, String resource, @Nullable Boolean external) {
    Map<String, Object> required = Map.of("pciVendorSelector", selector, "resourceName", resource);
    return external == null
        ? new PciHostDevice(required)
        : new PciHostDevice(
            Map.of(
                "pciVendorSelector",
                selector,
                "resourceName",
                resource,
                "externalResourceProvider",
                external));
  }

  /** The NIC by vendor and device, and all defaults. */
  static VSmmuSpec nics() {
    return meeting(null, null, null);
  }

  static VSmmuSpec meeting(
      @Nullable IommufdSocket socket,
      @Nullable Management permitted,
      @Nullable GuestTopology topology) {
    return new VSmmuSpec(
        "n1",
        List.of(ResourceSpec.of(NIC, DeviceSelector.ofIds("8086", "10d3"))),
        new KubeVirtSpec(socket, permitted, topology),
        null);
  }

  static DeviceStatus device(String vendor, String device, String resource, DeviceState state) {
    return new DeviceStatus(
        "0000:01:00.0", resource, null, 1, null, vendor, device, "vfio-pci", state, null, null);
  }
}
