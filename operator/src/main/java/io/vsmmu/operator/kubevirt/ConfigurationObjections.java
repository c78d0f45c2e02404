package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.EffectiveSocket;
import io.vsmmu.api.v1alpha1.Handoff;
import io.vsmmu.api.v1alpha1.IommufdSocket;
import io.vsmmu.operator.webhook.Standing;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What of KubeVirt's release and feature gates stands in the way. */
final class ConfigurationObjections {

  static final List<Function<KubeVirtFacts, Optional<Objection>>> ALL =
      List.of(
          ConfigurationObjections::notDeployed,
          ConfigurationObjections::tooOld,
          ConfigurationObjections::hostDevicesGateOff,
          ConfigurationObjections::twoSockets,
          ConfigurationObjections::noSocket,
          ConfigurationObjections::sidecarGateOff,
          ConfigurationObjections::noWebhook);

  private static final String GATES = "spec.configuration.developerConfiguration.featureGates";

  private ConfigurationObjections() {}

  private static Optional<Objection> notDeployed(KubeVirtFacts facts) {
    Installation kubevirt = facts.kubevirt();
    return when(
        !kubevirt.isDeployed(),
        "KubeVirtNotDeployed",
        "%s is %s, not Deployed; see: kubectl -n %s describe kubevirt %s"
            .formatted(
                kubevirt.title(),
                kubevirt.phase().isEmpty() ? "in no phase yet" : "in phase " + kubevirt.phase(),
                kubevirt.namespace(),
                kubevirt.name()));
  }

  private static Optional<Objection> tooOld(KubeVirtFacts facts) {
    boolean matters =
        facts.wantsGuestTopology()
            || socket(facts) == EffectiveSocket.Always && handsUnbound(facts);
    return when(
        facts.kubevirt().isTooOld() && matters,
        "KubeVirtTooOld",
        ("%s runs %s, whose virt-launcher does not take the iommufd context that the agent prepares, so"
                + " that virtual machines get no virtual SMMUs; upgrade KubeVirt to v1.9 or newer, or"
                + " set iommufdSocket: Never and guestTopology: Unmanaged in spec.kubevirt here")
            .formatted(facts.kubevirt().title(), facts.kubevirt().version()));
  }

  private static Optional<Objection> hostDevicesGateOff(KubeVirtFacts facts) {
    return when(
        !facts.needed().isEmpty() && !facts.isOn(FeatureGates.HOST_DEVICES),
        "HostDevicesGateOff",
        "KubeVirt refuses virtual machines with hostDevices while its feature gate HostDevices is"
            + " off; add HostDevices to "
            + gatesOf(facts));
  }

  private static Optional<Objection> twoSockets(KubeVirtFacts facts) {
    return when(
        facts.spec().kubevirt().iommufdSocket() == IommufdSocket.Always
            && facts.isOn(FeatureGates.IOMMUFD),
        "TwoIommufdSockets",
        "spec.kubevirt.iommufdSocket is Always and KubeVirt's feature gate IOMMUFD is on: both mount"
            + " a socket at the same path and the kubelet keeps one, whichever; set iommufdSocket:"
            + " Auto here, or take IOMMUFD out of "
            + gatesOf(facts));
  }

  private static Optional<Objection> noSocket(KubeVirtFacts facts) {
    return when(
        facts.wantsGuestTopology()
            && socket(facts) == EffectiveSocket.Never
            && !facts.isOn(FeatureGates.IOMMUFD),
        "NoIommufdSocket",
        "nobody gives virtual machines the iommufd context that virtual SMMUs need:"
            + " spec.kubevirt.iommufdSocket is Never and KubeVirt's feature gate IOMMUFD is off; set"
            + " iommufdSocket: Auto here, or add IOMMUFD to "
            + gatesOf(facts));
  }

  private static Optional<Objection> sidecarGateOff(KubeVirtFacts facts) {
    return when(
        facts.wantsGuestTopology() && !facts.isOn(FeatureGates.SIDECAR),
        "SidecarGateOff",
        "virtual machines get no virtual SMMUs, for KubeVirt refuses the hook that adds them while"
            + " its feature gate Sidecar is off; add Sidecar to "
            + gatesOf(facts)
            + ", or set spec.kubevirt.guestTopology: Unmanaged here");
  }

  private static Optional<Objection> noWebhook(KubeVirtFacts facts) {
    return facts.wantsGuestTopology() && facts.webhook() instanceof Standing.Failed failed
        ? Optional.of(
            new Objection(
                "WebhookFailed",
                "virtual machines get no virtual SMMUs, for the webhook that adds the hook is not in"
                    + " order: "
                    + failed.message()))
        : Optional.empty();
  }

  private static EffectiveSocket socket(KubeVirtFacts facts) {
    return IommufdSockets.effective(
        facts.spec().kubevirt().iommufdSocket(), facts.kubevirt().gates());
  }

  private static boolean handsUnbound(KubeVirtFacts facts) {
    return facts.spec().resources().stream()
        .anyMatch(resource -> resource.handoff() == Handoff.Unbound);
  }

  private static String gatesOf(KubeVirtFacts facts) {
    return GATES + " of " + facts.kubevirt().title();
  }

  private static Optional<Objection> when(boolean so, String reason, String message) {
    return so ? Optional.of(new Objection(reason, message)) : Optional.empty();
  }
}
