package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.EffectiveSocket;
import io.vsmmu.api.v1alpha1.IommufdSocket;

/**
 * Who provides the iommufd socket in a virtual machine's pod. With its gate on, KubeVirt mounts one
 * of its own at the same path, and of two mounts the kubelet keeps one, whichever.
 */
final class IommufdSockets {

  private IommufdSockets() {}

  /** What a wish comes to under these gates. */
  static EffectiveSocket effective(IommufdSocket wish, FeatureGates gates) {
    return switch (wish) {
      case Always -> EffectiveSocket.Always;
      case Never -> EffectiveSocket.Never;
      case Auto ->
          gates.isOn(FeatureGates.IOMMUFD) ? EffectiveSocket.Never : EffectiveSocket.Always;
    };
  }
}
