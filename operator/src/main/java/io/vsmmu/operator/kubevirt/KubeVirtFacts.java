package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.GuestTopology;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.webhook.Standing;
import java.util.Set;
import java.util.TreeSet;

/**
 * All that is known when a VSmmu's standing with KubeVirt is judged.
 *
 * @param spec the wish
 * @param needed the permits that the node's resources need
 * @param kubevirt KubeVirt's configuration
 * @param upkeep how the upkeep of all VSmmu objects' entries went
 * @param webhook how it stands with the webhook
 */
record KubeVirtFacts(
    VSmmuSpec spec, Set<Permit> needed, Installation kubevirt, Upkeep upkeep, Standing webhook) {

  KubeVirtFacts {
    needed = Set.copyOf(needed);
  }

  boolean isManaged() {
    return spec.kubevirt().permittedHostDevices() == Management.Managed;
  }

  boolean wantsGuestTopology() {
    return spec.kubevirt().guestTopology() == GuestTopology.VSmmu;
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
