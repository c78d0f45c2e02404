package io.vsmmu.operator.kubevirt;

import static java.util.stream.Collectors.joining;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.operator.readiness.Judgement;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whether virtual machines can have a node's resources, as far as KubeVirt is concerned. All that
 * stands in the way is said at once, for gates are many and each costs a round; the first is the
 * reason.
 */
final class KubeVirtReadiness {

  private KubeVirtReadiness() {}

  /** The condition {@code KubeVirtReady} that the facts call for. */
  static Judgement of(KubeVirtFacts facts) {
    List<Objection> objections =
        Stream.concat(ConfigurationObjections.ALL.stream(), PermitObjections.ALL.stream())
            .flatMap(objection -> objection.apply(facts).stream())
            .toList();
    return objections.isEmpty()
        ? judgement(true, "Permitted", permitted(facts))
        : judgement(
            false,
            objections.getFirst().reason(),
            objections.stream().map(Objection::message).collect(joining("; also, ")));
  }

  /** The condition as long as KubeVirt's API is there and no installation. */
  static Judgement notInstalled() {
    return judgement(
        false,
        "KubeVirtNotDeployed",
        "KubeVirt's API is there and no KubeVirt object; create one, as KubeVirt's installation says");
  }

  /**
   * The condition as long as KubeVirt's objects may not be seen.
   *
   * @param refusal what the API server said
   */
  static Judgement denied(String refusal) {
    return judgement(
        false,
        "KubeVirtNotAllowed",
        "KubeVirt's API is there and the operator may not use it (%s); apply deploy/overlays/kubevirt"
            .formatted(refusal));
  }

  private static String permitted(KubeVirtFacts facts) {
    return facts.needed().isEmpty()
        ? "the spec offers virtual machines no resource"
        : "%s lets virtual machines have %s"
                .formatted(
                    facts.kubevirt().title(),
                    facts.needed().stream()
                        .map(Permit::resource)
                        .distinct()
                        .sorted()
                        .collect(joining(", ")))
            + withoutVirtualSmmus(facts)
            + passedBy(facts);
  }

  /** No objection: new ones get theirs. */
  private static String passedBy(KubeVirtFacts facts) {
    return facts.passedBy().isEmpty()
        ? ""
        : "; virtual machines from before that are without virtual SMMUs until they are restarted: "
            + facts.passedBy().stream().sorted().collect(joining(", "));
  }

  /**
   * No objection: who prefers nesting and does not require it has said that this is good enough.
   */
  private static String withoutVirtualSmmus(KubeVirtFacts facts) {
    return facts.lackingVirtualSmmus().isEmpty()
        ? ""
        : ("; of these, %s without virtual SMMUs, for a node offers it with nesting: Preferred behind an"
                + " SMMU that is not known to nest (see the condition Degraded of each VSmmu); to have"
                + " them elsewhere, give it another name there")
            .formatted(String.join(", ", facts.lackingVirtualSmmus()));
  }

  private static Judgement judgement(boolean holds, String reason, String message) {
    return new Judgement(ConditionType.KubeVirtReady, holds, reason, message);
  }
}
