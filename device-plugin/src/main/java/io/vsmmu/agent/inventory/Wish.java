package io.vsmmu.agent.inventory;

import io.vsmmu.api.v1alpha1.ResourceSpec;
import java.util.List;

/**
 * What the node's VSmmu asks for.
 *
 * @param generation of the VSmmu; 0 when there is none
 * @param resources empty when there is no VSmmu or it is being deleted: all devices are given back
 * @param dryRun only look: bind nothing, advertise nothing
 * @param kubevirtSocket serve KubeVirt's iommufd socket
 */
public record Wish(
    long generation, List<ResourceSpec> resources, boolean dryRun, boolean kubevirtSocket) {

  /** There is no VSmmu. */
  public static final Wish NONE = new Wish(0, List.of(), false, false);

  /** Without KubeVirt's socket. */
  public Wish(long generation, List<ResourceSpec> resources, boolean dryRun) {
    this(generation, resources, dryRun, false);
  }

  public Wish {
    resources = List.copyOf(resources);
  }
}
