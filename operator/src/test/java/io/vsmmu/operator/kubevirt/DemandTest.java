package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.kubevirt.KubeVirts.NIC;
import static io.vsmmu.operator.kubevirt.KubeVirts.NIC_PERMIT;
import static io.vsmmu.operator.kubevirt.KubeVirts.device;
import static io.vsmmu.operator.kubevirt.KubeVirts.meeting;
import static io.vsmmu.operator.kubevirt.KubeVirts.nics;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.GuestTopology;
import io.vsmmu.api.v1alpha1.Handoff;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.SmmuStatus;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DemandTest {

  private static final SmmuStatus NESTS = smmu("smmu3.0x0000000000000001", true);
  private static final SmmuStatus CANNOT = smmu("smmu3.0x0000000000000002", false);
  private static final SmmuStatus NOT_PROBED = smmu("smmu3.0x0000000000000003", null);

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
  void whatIsHandedOverBoundIsNotForKubeVirtWhoseLibvirtBindsItself() {
    ResourceSpec bound =
        new ResourceSpec(
            NIC,
            List.of(DeviceSelector.ofIds("8086", "10d3")),
            null,
            null,
            null,
            null,
            Handoff.Bound,
            null,
            null);
    VSmmuSpec spec = new VSmmuSpec("n1", List.of(bound), null, null);

    assertThat(Demand.of(spec, List.of(device("8086", "10d3", NIC, DeviceState.Available))))
        .isEmpty();
    assertThat(Demand.guestTopology(spec, VSmmuStatus.EMPTY)).isEmpty();
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

  @Test
  void anObjectInThePlaceOfAnotherIsAsked() {
    Demands demands = new Demands();
    demands.union(Stream.of(vsmmu("uid-1", "1", nics())));

    assertThat(demands.union(Stream.of(vsmmu("uid-2", "1", BY_VENDOR))).permits()).isEmpty();
  }

  @Test
  void whatWasReleasedCountsAgainUnderANewUid() {
    Demands demands = new Demands();
    VSmmu deleted = vsmmu("uid-1", "1", nics());
    demands.union(Stream.of(deleted));
    demands.release(deleted);
    assertThat(demands.union(Stream.of(deleted)).permits()).isEmpty();

    assertThat(demands.union(Stream.of(vsmmu("uid-2", "2", nics()))).permits())
        .containsExactly(NIC_PERMIT);
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

  @Test
  void whoPrefersNestingHasVirtualSmmusWhereItIsProven() {
    assertThat(topology(preferring(NESTS, NESTS))).containsExactly(NIC);
    assertThat(topology(preferring(NESTS, CANNOT))).isEmpty();
    assertThat(topology(preferring(NESTS, NOT_PROBED))).isEmpty();
    assertThat(topology(preferring(CANNOT))).isEmpty();
    // Nothing is offered, and nothing is proven.
    assertThat(topology(preferring())).isEmpty();
  }

  @Test
  void oneNodeThatOffersAResourceWithoutNestingKeepsVirtualSmmusFromAll() {
    VSmmu requiring = vsmmu("uid-1", "1", nics());

    assertThat(topology(requiring, preferring(CANNOT))).isEmpty();
    assertThat(topology(requiring, preferring(NESTS, CANNOT))).isEmpty();
    assertThat(topology(requiring, preferring(NESTS))).containsExactly(NIC);
    // A node that offers nothing keeps nobody from anything.
    assertThat(topology(requiring, preferring())).containsExactly(NIC);
  }

  private static Set<String> topology(VSmmu... vsmmus) {
    return new Demands().union(Stream.of(vsmmus)).withVirtualSmmus();
  }

  /** A node that offers a device behind each of these, with {@code nesting: Preferred}. */
  private static VSmmu preferring(SmmuStatus... smmus) {
    ResourceSpec resource =
        new ResourceSpec(
            NIC,
            List.of(DeviceSelector.ofIds("8086", "10d3")),
            null,
            null,
            null,
            null,
            null,
            Nesting.Preferred,
            null);
    VSmmu vsmmu = vsmmu("uid-2", "1", new VSmmuSpec("n2", List.of(resource), null, null));
    vsmmu.setStatus(
        VSmmuStatus.ofAgent(
            List.of(),
            new AgentStatus(1L, "1"),
            null,
            Stream.of(smmus).distinct().toList(),
            IntStream.range(0, smmus.length).mapToObj(i -> behind(smmus[i], i)).toList(),
            List.of(),
            null));
    return vsmmu;
  }

  private static DeviceStatus behind(SmmuStatus smmu, int slot) {
    return new DeviceStatus(
        "0000:01:%02x.0".formatted(slot),
        NIC,
        smmu.name(),
        slot,
        null,
        "8086",
        "10d3",
        "vfio-pci",
        DeviceState.Available,
        null,
        null);
  }

  private static SmmuStatus smmu(String name, @Nullable Boolean nesting) {
    return new SmmuStatus(name, nesting, null, null, null, 1);
  }
}
