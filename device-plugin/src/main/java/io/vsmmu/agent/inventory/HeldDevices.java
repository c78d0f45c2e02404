package io.vsmmu.agent.inventory;

import io.vsmmu.iommufd.topology.PciAddress;
import java.util.List;
import java.util.Set;

/**
 * What a container has since before the agent started.
 *
 * @param resource as what kubelet gave it
 * @param ids of the devices, never empty: kubelet's, each the address of a function
 * @param functions of all of them, in order
 */
public record HeldDevices(String resource, Set<String> ids, List<PciAddress> functions) {

  public HeldDevices {
    ids = Set.copyOf(ids);
    functions = List.copyOf(functions);
  }
}
