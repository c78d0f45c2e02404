package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.kubevirt.KubeVirts.NIC;
import static io.vsmmu.operator.kubevirt.KubeVirts.NIC_PERMIT;
import static io.vsmmu.operator.kubevirt.KubeVirts.device;
import static io.vsmmu.operator.kubevirt.KubeVirts.meeting;
import static io.vsmmu.operator.kubevirt.KubeVirts.nics;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.GuestTopology;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DemandTest {

  private static final VSmmuSpec BY_VENDOR =
      new VSmmuSpec(
          "n1", List.of(ResourceSpec.of(NIC, DeviceSelector.ofVendor("8086"))), null, null);

  @Test
  void idsComeFromSelectorsThatNameThem() {
    assertThat(Demand.of(nics(), List.of())).containsExactly(NIC_PERMIT);
  }

  @Test
  void elseTheyComeFromTheDevicesThatTheAgentReports() {
    assertThat(Demand.of(BY_VENDOR, List.of())).isEmpty();
    assertThat(
            Demand.of(
                BY_VENDOR,
                List.of(
                    device("8086", "10d3", NIC, DeviceState.Available),
                    device("8086", "1572", NIC, DeviceState.Allocated),
                    device("8086", "1889", NIC, DeviceState.Ineligible),
                    device("8086", "ffff", "vsmmu.io/former", DeviceState.Available))))
        .containsExactlyInAnyOrder(NIC_PERMIT, new Permit("8086:1572", NIC));
  }

  @Test
  void aDryRunAsksForNothing() {
    VSmmuSpec dryRun = new VSmmuSpec("n1", nics().resources(), null, true);

    assertThat(Demand.of(dryRun, List.of())).isEmpty();
  }

  @Test
  void unmanagedResourcesAreTheOwnersToAdd() {
    VSmmuSpec unmanaged = meeting(null, Management.Unmanaged, null);

    assertThat(Demand.of(unmanaged, List.of())).containsExactly(NIC_PERMIT);
    assertThat(Demand.managed(unmanaged, List.of())).isEmpty();
    assertThat(Demand.managed(nics(), List.of())).containsExactly(NIC_PERMIT);
  }

  @Test
  void aPermitIsWantedAsLongAsOneNodeNeedsIt() {
    VSmmu first = vsmmu("uid-1", "1", nics());
    VSmmu second = vsmmu("uid-2", "1", nics());
    Demands demands = new Demands();

    assertThat(demands.union(Stream.of(first, second)).permits()).containsExactly(NIC_PERMIT);

    demands.release(first);
    assertThat(demands.union(Stream.of(first, second)).permits()).containsExactly(NIC_PERMIT);

    // Both are there still, and both are about to go.
    demands.release(second);
    assertThat(demands.union(Stream.of(first, second)).permits()).isEmpty();
  }

  @Test
  void aChangedObjectIsAskedAnew() {
    Demands demands = new Demands();
    demands.union(Stream.of(vsmmu("uid-1", "1", nics())));

    assertThat(demands.union(Stream.of(vsmmu("uid-1", "2", BY_VENDOR))).permits()).isEmpty();
  }

  private static VSmmu vsmmu(String uid, String resourceVersion, VSmmuSpec spec) {
    VSmmu vsmmu = VSmmu.of(spec);
    vsmmu.setMetadata(
        new ObjectMetaBuilder().withUid(uid).withResourceVersion(resourceVersion).build());
    return vsmmu;
  }

  @Test
  void guestTopologyIsWantedForAResourceAsLongAsOneNodeWantsIt() {
    VSmmuSpec unmanaged = KubeVirts.meeting(null, null, GuestTopology.Unmanaged);
    Demands demands = new Demands();

    assertThat(
            demands
                .union(Stream.of(vsmmu("uid-1", "1", unmanaged), vsmmu("uid-2", "1", nics())))
                .guestTopology())
        .containsExactly(KubeVirts.NIC);
    assertThat(demands.union(Stream.of(vsmmu("uid-1", "1", unmanaged))).guestTopology()).isEmpty();
  }
}
