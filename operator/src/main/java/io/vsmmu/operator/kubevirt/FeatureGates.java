package io.vsmmu.operator.kubevirt;

import java.util.Set;

/**
 * KubeVirt's feature gates as its object sets them. All those that matter here are off unless
 * listed (alpha in KubeVirt 1.9), and what is listed as enabled wins over what is disabled.
 *
 * @param enabled names of the gates that are listed as enabled
 */
record FeatureGates(Set<String> enabled) {

  /** KubeVirt provides the iommufd socket itself, to every virtual machine. */
  static final String IOMMUFD = "IOMMUFD";

  /** Virtual machines may list {@code hostDevices}. */
  static final String HOST_DEVICES = "HostDevices";

  /** Virtual machines may bring hook sidecars. */
  static final String SIDECAR = "Sidecar";

  FeatureGates {
    enabled = Set.copyOf(enabled);
  }

  boolean isOn(String gate) {
    return enabled.contains(gate);
  }
}
