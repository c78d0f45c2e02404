package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.kubevirt.KubeVirts.NIC;
import static io.vsmmu.operator.kubevirt.KubeVirts.NIC_PERMIT;
import static io.vsmmu.operator.kubevirt.KubeVirts.entry;
import static io.vsmmu.operator.kubevirt.KubeVirts.installation;
import static io.vsmmu.operator.kubevirt.KubeVirts.listing;
import static io.vsmmu.operator.kubevirt.KubeVirts.meeting;
import static io.vsmmu.operator.kubevirt.KubeVirts.nics;
import static io.vsmmu.operator.kubevirt.KubeVirts.withGates;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.GuestTopology;
import io.vsmmu.api.v1alpha1.IommufdSocket;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.readiness.Judgement;
import io.vsmmu.operator.webhook.Standing;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KubeVirtReadinessTest {

  private static final Upkeep KEPT = new Upkeep.Kept();
  private static final PciHostDevice OUR_NIC = PciHostDevice.of(NIC_PERMIT);

  @Test
  void readyWhenGatesAreOnAndTheResourcesPermitted() {
    Judgement judgement = judge(nics(), listing(OUR_NIC));

    assertThat(judgement.reason()).isEqualTo("Permitted");
    assertThat(judgement.holds()).isTrue();
    assertThat(judgement.message())
        .isEqualTo("KubeVirt kubevirt/kubevirt lets virtual machines have vsmmu.io/nic");
  }

  @Test
  void whereADeviceWithoutNestingKeepsVirtualSmmusAwayTheMessageSaysSo() {
    Judgement judgement =
        KubeVirtReadiness.of(
            new KubeVirtFacts(
                nics(),
                Demand.of(nics(), List.of()),
                Set.of(NIC, "vsmmu.io/of-another-node"),
                Set.of(),
                listing(OUR_NIC),
                KEPT,
                new Standing.Off()));

    assertThat(judgement.holds()).isTrue();
    assertThat(judgement.message())
        .contains("of these, vsmmu.io/nic without virtual SMMUs")
        .contains("give it another name there")
        .doesNotContain("another-node");
  }

  @Test
  void machinesFromBeforeTheirSidecarAreNamed() {
    Judgement judgement =
        KubeVirtReadiness.of(
            new KubeVirtFacts(
                nics(),
                Demand.of(nics(), List.of()),
                Set.of(),
                Set.of("default/second", "default/first"),
                listing(OUR_NIC),
                KEPT,
                new Standing.Off()));

    assertThat(judgement.holds()).isTrue();
    assertThat(judgement.message())
        .endsWith("without virtual SMMUs until they are restarted: default/first, default/second");
  }

  @Test
  void anInstallationThatIsNotFinishedIsNotReady() {
    assertObjection(
        judge(nics(), installation("Deploying", "", Set.of("HostDevices", "Sidecar"), OUR_NIC)),
        "KubeVirtNotDeployed",
        "in phase Deploying, not Deployed; see: kubectl -n kubevirt describe kubevirt kubevirt");
    assertObjection(
        judge(nics(), installation("", "", Set.of("HostDevices", "Sidecar"), OUR_NIC)),
        "KubeVirtNotDeployed",
        "in no phase yet");
    assertObjection(KubeVirtReadiness.notInstalled(), "KubeVirtNotDeployed", "create one");
  }

  @Test
  void aReleaseBeforeTheSocketIsTooOldForThoseWhoNeedTheSocket() {
    Installation old =
        installation("Deployed", "v1.8.4", Set.of("HostDevices", "Sidecar"), OUR_NIC);

    assertObjection(judge(nics(), old), "KubeVirtTooOld", "upgrade KubeVirt to v1.9 or newer");
    assertObjection(
        judge(meeting(IommufdSocket.Never, null, null), old),
        "KubeVirtTooOld",
        "virtual machines get no virtual SMMUs");
    assertThat(judge(meeting(IommufdSocket.Never, null, GuestTopology.Unmanaged), old).holds())
        .isTrue();
  }

  @Test
  void gatesThatAreOffAreNamedAllAtOnce() {
    Judgement judgement = judge(nics(), withGates());

    assertObjection(judgement, "HostDevicesGateOff", "add HostDevices to spec.configuration");
    assertThat(judgement.message())
        .contains("; also, virtual machines get no virtual SMMUs", "add Sidecar to")
        .contains("featureGates of KubeVirt kubevirt/kubevirt");
  }

  @Test
  void theSidecarGateMattersToThoseWhoWantOurTopology() {
    assertObjection(
        judge(nics(), withGates("HostDevices")), "SidecarGateOff", "guestTopology: Unmanaged");
    assertThat(
            judge(meeting(null, null, GuestTopology.Unmanaged), withGates("HostDevices")).holds())
        .isTrue();
  }

  @Test
  void aWebhookThatCannotBeKeptIsSaidToThoseWhoWantOurTopology() {
    Standing failed = new Standing.Failed("Secret x does not exist; apply y");

    assertObjection(
        judge(nics(), listing(OUR_NIC), KEPT, failed),
        "WebhookFailed",
        "virtual machines get no virtual SMMUs",
        "Secret x does not exist; apply y");
    assertThat(
            judge(meeting(null, null, GuestTopology.Unmanaged), listing(OUR_NIC), KEPT, failed)
                .holds())
        .isTrue();
  }

  @Test
  void twoSocketsAtOnePathAreOneTooMany() {
    Installation gateOn = withGates("HostDevices", "Sidecar", "IOMMUFD");

    assertObjection(
        judge(meeting(IommufdSocket.Always, null, null), gateOn),
        "TwoIommufdSockets",
        "set iommufdSocket: Auto here, or take IOMMUFD out of");
    assertThat(judge(meeting(IommufdSocket.Auto, null, null), gateOn).holds()).isTrue();
    assertThat(judge(meeting(IommufdSocket.Never, null, null), gateOn).holds()).isTrue();
  }

  @Test
  void noSocketAtAllIsOneTooFewForVirtualSmmus() {
    Installation gateOff = withGates("HostDevices", "Sidecar");

    assertObjection(
        judge(meeting(IommufdSocket.Never, null, null), gateOff),
        "NoIommufdSocket",
        "set iommufdSocket: Auto here, or add IOMMUFD to");
    assertThat(judge(meeting(IommufdSocket.Never, null, GuestTopology.Unmanaged), gateOff).holds())
        .isTrue();
  }

  @Test
  void whatTheOwnerHasToPermitIsSaidInTheFormThatKubeVirtWants() {
    assertObjection(
        judge(meeting(null, Management.Unmanaged, null), listing()),
        "NotPermitted",
        "[{pciVendorSelector: \"8086:10D3\", resourceName: vsmmu.io/nic,"
            + " externalResourceProvider: true}]");
  }

  @Test
  void whatSomebodyKeepsRevertingIsSaidWithThePlaceToSetIt() {
    assertObjection(
        judge(
            nics(),
            listing(),
            new Upkeep.GivenUp(Set.of("hyperconverged-cluster-operator", "kubectl-edit"))),
        "PermitsReverted",
        "HyperConverged's operator takes our entries out",
        "of the HyperConverged object",
        "[{pciDeviceSelector: \"8086:10D3\", resourceName: vsmmu.io/nic,");
    assertObjection(
        judge(nics(), listing(), new Upkeep.GivenUp(Set.of("argocd-controller", "kubectl"))),
        "PermitsReverted",
        "somebody (one of [argocd-controller, kubectl]?) takes our entries out",
        "add them where the list is taken from: [{pciVendorSelector:");
  }

  @Test
  void whatTheApiServerRefusesIsSaidWithItsWords() {
    assertObjection(
        judge(nics(), listing(), new Upkeep.Refused("admission webhook denied the request")),
        "PermitsRefused",
        "admission webhook denied the request; cure that, or set permittedHostDevices: Unmanaged");
  }

  @Test
  void othersTroubleIsNotThisNodes() {
    assertThat(judge(nics(), listing(OUR_NIC), new Upkeep.GivenUp(Set.of())).holds()).isTrue();
  }

  @Test
  void idsThatAreNotKnownYetCannotBePermitted() {
    VSmmuSpec byVendor =
        new VSmmuSpec(
            "n1", List.of(ResourceSpec.of(NIC, DeviceSelector.ofVendor("8086"))), null, null);

    assertObjection(judge(byVendor, listing()), "DevicesUnknown", "those of vsmmu.io/nic");
  }

  @Test
  void aPatternForOurResourceHidesTheExactSelectors() {
    assertObjection(
        judge(nics(), listing(OUR_NIC, entry("8086:*", NIC, true))),
        "SelectorHidden",
        "the entry 8086:* for vsmmu.io/nic");
    assertThat(judge(nics(), listing(OUR_NIC, entry("8086:*", "other.io/nic", true))).holds())
        .isTrue();
  }

  @Test
  void kubeVirtsOwnPluginMustNotHandOutTheSameDevices() {
    assertObjection(
        judge(nics(), listing(OUR_NIC, entry("8086:10d3", "intel.com/e1000e", null))),
        "RivalProvider",
        "the entry 8086:10D3 for intel.com/e1000e",
        "set externalResourceProvider: true there");
    assertThat(judge(nics(), listing(OUR_NIC, entry("8086:10d3", "other.io/nic", true))).holds())
        .isTrue();
  }

  @Test
  void aDryRunOffersNothing() {
    assertObjection(
        judge(new VSmmuSpec("n1", nics().resources(), null, true), listing()),
        "DryRun",
        "spec.dryRun is set");
  }

  private static Judgement judge(VSmmuSpec spec, Installation kubevirt) {
    return judge(spec, kubevirt, KEPT);
  }

  private static Judgement judge(VSmmuSpec spec, Installation kubevirt, Upkeep upkeep) {
    return judge(spec, kubevirt, upkeep, new Standing.On(Optional.empty()));
  }

  private static Judgement judge(
      VSmmuSpec spec, Installation kubevirt, Upkeep upkeep, Standing webhook) {
    return KubeVirtReadiness.of(
        new KubeVirtFacts(
            spec, Demand.of(spec, List.of()), Set.of(), Set.of(), kubevirt, upkeep, webhook));
  }

  private static void assertObjection(Judgement judgement, String reason, String... message) {
    assertThat(judgement.holds()).isFalse();
    assertThat(judgement.reason()).isEqualTo(reason);
    assertThat(judgement.message()).contains(message);
  }
}
