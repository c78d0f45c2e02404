package io.vsmmu.operator.kubevirt;

import static java.util.stream.Collectors.joining;

import io.vsmmu.api.v1alpha1.ResourceSpec;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What of KubeVirt's list of permitted devices stands in the way. */
final class PermitObjections {

  static final List<Function<KubeVirtFacts, Optional<Objection>>> ALL =
      List.of(
          PermitObjections::dryRun,
          PermitObjections::devicesUnknown,
          PermitObjections::missing,
          PermitObjections::hiddenByPattern,
          PermitObjections::rivalProvider);

  private static final String LIST = "spec.configuration.permittedHostDevices.pciHostDevices";

  private PermitObjections() {}

  private static Optional<Objection> dryRun(KubeVirtFacts facts) {
    return facts.spec().dryRun()
        ? objection("DryRun", "spec.dryRun is set: no resource is offered to virtual machines")
        : Optional.empty();
  }

  private static Optional<Objection> devicesUnknown(KubeVirtFacts facts) {
    if (facts.spec().dryRun()) {
      return Optional.empty();
    }
    Set<String> known = facts.needed().stream().map(Permit::resource).collect(Collectors.toSet());
    String unknown =
        facts.spec().resources().stream()
            .filter(Demand::isForKubeVirt)
            .map(ResourceSpec::name)
            .filter(name -> !known.contains(name))
            .collect(joining(", "));
    return unknown.isEmpty()
        ? Optional.empty()
        : objection(
            "DevicesUnknown",
            ("KubeVirt wants exact device ids, and those of %s are not known before the agent reports"
                    + " devices; see the condition Ready, or name vendor and device in the selectors")
                .formatted(unknown));
  }

  private static Optional<Objection> missing(KubeVirtFacts facts) {
    Set<Permit> missing = facts.missing();
    if (missing.isEmpty()) {
      return Optional.empty();
    }
    if (!facts.isManaged()) {
      return objection(
          "NotPermitted",
          "KubeVirt does not let virtual machines have these devices; add to %s of %s: %s"
              .formatted(LIST, facts.kubevirt().title(), entries("pciVendorSelector", missing)));
    }
    return switch (facts.upkeep()) {
      case Upkeep.Kept kept ->
          objection(
              "Permitting",
              "%s is about to permit %s".formatted(facts.kubevirt().title(), texts(missing)));
      case Upkeep.Refused refused ->
          objection(
              "PermitsRefused",
              ("the API server refuses our entries in %s of %s: %s; cure that, or set"
                      + " permittedHostDevices: Unmanaged here and add them yourself: %s")
                  .formatted(
                      LIST,
                      facts.kubevirt().title(),
                      refused.message(),
                      entries("pciVendorSelector", missing)));
      case Upkeep.GivenUp givenUp ->
          objection("PermitsReverted", reverted(facts, givenUp, missing));
    };
  }

  private static String reverted(KubeVirtFacts facts, Upkeep.GivenUp givenUp, Set<Permit> missing) {
    boolean hyperConverged =
        givenUp.writers().stream().anyMatch(PermitObjections::isHyperConverged);
    return "%s takes our entries out of %s of %s again and again, so they are left out; "
            .formatted(
                hyperConverged
                    ? "HyperConverged's operator"
                    : "somebody (one of %s?)".formatted(new TreeSet<>(givenUp.writers())),
                LIST,
                facts.kubevirt().title())
        + (hyperConverged
            ? ("add them to permittedHostDevices.pciHostDevices of the HyperConverged object (v1: below"
                    + " spec.virtualization, v1beta1: below spec): ")
                + entries("pciDeviceSelector", missing)
            : "add them where the list is taken from: " + entries("pciVendorSelector", missing));
  }

  private static boolean isHyperConverged(String writer) {
    return writer.toLowerCase(Locale.ROOT).contains("hyperconverged");
  }

  private static Optional<Objection> hiddenByPattern(KubeVirtFacts facts) {
    Set<String> resources =
        facts.needed().stream().map(Permit::resource).collect(Collectors.toSet());
    return facts.kubevirt().permitted().stream()
        .filter(entry -> resources.contains(entry.permit().resource()) && !entry.isExact())
        .findFirst()
        .flatMap(entry ->
            objection(
                "SelectorHidden",
                ("the entry %s for %s in %s of %s is a pattern and hides the exact ones from KubeVirt,"
                        + " which goes by one selector per resource; remove it")
                    .formatted(
                        entry.permit().selector(),
                        entry.permit().resource(),
                        LIST,
                        facts.kubevirt().title())));
  }

  private static Optional<Objection> rivalProvider(KubeVirtFacts facts) {
    Set<String> selectors =
        facts.needed().stream().map(Permit::selector).collect(Collectors.toSet());
    return facts.kubevirt().permitted().stream()
        .filter(entry -> !entry.isExternal() && selectors.contains(entry.permit().selector()))
        .findFirst()
        .flatMap(entry ->
            objection(
                "RivalProvider",
                ("by the entry %s for %s in %s of %s, KubeVirt's own device plugin hands out the devices"
                        + " that the agent hands out; set externalResourceProvider: true there, or"
                        + " remove it")
                    .formatted(
                        entry.permit().selector(),
                        entry.permit().resource(),
                        LIST,
                        facts.kubevirt().title())));
  }

  private static String texts(Set<Permit> permits) {
    return permits.stream().map(Permit::text).collect(joining(", "));
  }

  /** In the form that one can paste. */
  private static String entries(String selector, Set<Permit> permits) {
    return permits.stream()
        .map(permit ->
            "{%s: \"%s\", resourceName: %s, externalResourceProvider: true}"
                .formatted(selector, permit.selector(), permit.resource()))
        .collect(joining(", ", "[", "]"));
  }

  private static Optional<Objection> objection(String reason, String message) {
    return Optional.of(new Objection(reason, message));
  }
}
