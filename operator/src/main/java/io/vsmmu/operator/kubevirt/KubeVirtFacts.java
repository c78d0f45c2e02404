package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.GuestTopology;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.webhook.Standing;
import java.util.Set;
import java.util.TreeSet;

/**
 * All that is known when a VSmmu's standing with KubeVirt is judged.
 *
 * @param spec the wish
 * @param needed the permits that the node's resources need
 * @param withoutNesting resources that a device without nesting keeps virtual SMMUs from, on this
 *     node or another
 * @param passedBy virtual machines of the node that are without virtual SMMUs until they are
 *     created anew
 * @param kubevirt KubeVirt's configuration
 * @param upkeep how the upkeep of all VSmmu objects' entries went
 * @param webhook how it stands with the webhook
 */
record KubeVirtFacts(
    VSmmuSpec spec,
    Set<Permit> needed,
    Set<String> withoutNesting,
    Set<String> passedBy,
    Installation kubevirt,
    Upkeep upkeep,
    Standing webhook) {

  KubeVirtFacts {
    needed = Set.copyOf(needed);
    withoutNesting = Set.copyOf(withoutNesting);
    passedBy = Set.copyOf(passedBy);
  }

  boolean isManaged() {
    return spec.kubevirt().permittedHostDevices() == Management.Managed;
  }

  boolean wantsGuestTopology() {
    return spec.kubevirt().guestTopology() == GuestTopology.VSmmu;
  }

  /** The node's resources whose virtual machines get no virtual SMMUs, though it wants them to. */
  Set<String> lackingVirtualSmmus() {
    Set<String> names = new TreeSet<>(withoutNesting);
    names.retainAll(spec.resources().stream().map(ResourceSpec::name).toList());
    return wantsGuestTopology() ? names : Set.of();
  }

  boolean isOn(String gate) {
    return kubevirt.gates().isOn(gate);
  }

  /** What virtual machines on the node need and KubeVirt does not let them have. */
  Set<Permit> missing() {
    Set<Permit> missing = new TreeSet<>(needed);
    missing.removeAll(kubevirt.permits());
    return missing;
  }
}
