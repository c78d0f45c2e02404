package io.vsmmu.agent.status;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Condition;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.api.v1alpha1.EffectiveSocket;
import io.vsmmu.api.v1alpha1.IommufdSocket;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.util.List;

/**
 * The node's VSmmu, as far as the agent looks at it.
 *
 * @param uid of the object; another one of the same name has another
 * @param wish what it asks for; nothing when it is being deleted
 * @param deleting whether it is being deleted
 * @param conditions as they are in its status
 */
record VSmmuView(String uid, Wish wish, boolean deleting, List<Condition> conditions) {

  VSmmuView {
    conditions = List.copyOf(conditions);
  }

  VSmmuView with(List<Condition> others) {
    return new VSmmuView(uid, wish, deleting, others);
  }

  static VSmmuView of(VSmmu vsmmu) {
    var spec = vsmmu.getSpec();
    boolean deleting = vsmmu.getMetadata().getDeletionTimestamp() != null;
    var generation = requireNonNullElse(vsmmu.getMetadata().getGeneration(), 0L);
    var status = requireNonNullElse(vsmmu.getStatus(), VSmmuStatus.EMPTY);
    return new VSmmuView(
        vsmmu.getMetadata().getUid(),
        new Wish(
            generation,
            deleting ? List.of() : spec.resources(),
            // A dry run moves nothing, and would keep what is to be given back before the object
            // goes.
            !deleting && spec.dryRun(),
            kubevirtSocket(spec.kubevirt().iommufdSocket(), status)),
        deleting,
        status.conditions());
  }

  /** The operator sees KubeVirt's gate, and says in the status what {@code Auto} comes to. */
  private static boolean kubevirtSocket(IommufdSocket wished, VSmmuStatus status) {
    return switch (wished) {
      case Always -> true;
      case Never -> false;
      case Auto ->
          status.kubevirt() != null && status.kubevirt().iommufdSocket() == EffectiveSocket.Always;
    };
  }
}
