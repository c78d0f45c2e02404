package io.vsmmu.hook.plan;

import io.vsmmu.hook.domain.Domain;
import io.vsmmu.hook.domain.GuestAddress;
import io.vsmmu.hook.domain.HostDevice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A host device that a physical SMMU translates for.
 *
 * @param position in the domain's list
 * @param smmu name of its SMMU
 * @param numaNode of the host; absent when the platform names none
 */
record Subject(int position, HostDevice device, String smmu, @Nullable Integer numaNode) {

  /** What the kernel calls an SMMUv3; other IOMMUs have other names ({@code dmar0}). */
  private static final String SMMUV3 = "smmu3.";

  /** Those of a domain; a device that the guest does not see, or without an SMMU, is none. */
  static List<Subject> of(Domain domain, HostFunctions functions) throws UnplaceableException {
    var subjects = new ArrayList<Subject>();
    for (int i = 0; i < domain.hostDevices().size(); i++) {
      var device = domain.hostDevices().get(i);
      if (device.hidden()) {
        continue;
      }
      var function =
          functions
              .function(device.host())
              .orElseThrow(() ->
                  new UnplaceableException(
                      device
                          + ": this node's sysfs has no such PCI function, so its SMMU is unknown;"
                          + " was it removed or unbound after it was allocated?"));
      var smmu = function.smmu();
      if (smmu == null && !function.faults().isEmpty()) {
        throw new UnplaceableException(
            "%s: this node's sysfs does not say whether it is behind an SMMU: %s"
                .formatted(device, String.join("; ", function.faults())));
      }
      if (smmu != null && smmu.startsWith(SMMUV3)) {
        subjects.add(new Subject(i, device, smmu, function.numaNode()));
      }
    }
    return subjects;
  }

  @Nullable GuestAddress address() {
    return device.address();
  }

  @Override
  public String toString() {
    return device + " (behind " + smmu + ")";
  }
}
