package io.vsmmu.agent.allocation;

import io.vsmmu.api.v1alpha1.Handoff;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VfioNodes;
import io.vsmmu.iommufd.InitialProxy;

/**
 * How a resource's devices are prepared, as its VSmmu said when they were allocated.
 *
 * @param initialProxy what the receiver attaches devices to first
 * @param bound whether devices are handed over bound
 * @param legacyNodes whether the container gets VFIO's container and group nodes, too
 */
record Terms(InitialProxy initialProxy, boolean bound, boolean legacyNodes) {

  static Terms of(ResourceSpec resource) {
    return new Terms(
        switch (resource.initialProxy()) {
          case Bypass -> InitialProxy.BYPASS;
          case Abort -> InitialProxy.ABORT;
        },
        resource.handoff() == Handoff.Bound,
        resource.vfioNodes() == VfioNodes.LegacyAndCdev);
  }
}
