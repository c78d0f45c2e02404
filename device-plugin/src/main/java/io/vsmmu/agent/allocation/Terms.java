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
 * @param kubevirtSocket whether the container gets KubeVirt's socket; libvirt binds devices itself,
 *     so that those who get theirs bound have no use for it
 */
record Terms(
    InitialProxy initialProxy, boolean bound, boolean legacyNodes, boolean kubevirtSocket) {

  /**
   * @param kubevirtSocket whether KubeVirt's socket is served on this node
   */
  static Terms of(ResourceSpec resource, boolean kubevirtSocket) {
    boolean bound = resource.handoff() == Handoff.Bound;
    return new Terms(
        switch (resource.initialProxy()) {
          case Bypass -> InitialProxy.BYPASS;
          case Abort -> InitialProxy.ABORT;
        },
        bound,
        resource.vfioNodes() == VfioNodes.LegacyAndCdev,
        kubevirtSocket && !bound);
  }

  /** The same, for a receiver that binds by itself. */
  Terms unbound() {
    return new Terms(initialProxy, false, legacyNodes, kubevirtSocket);
  }
}
