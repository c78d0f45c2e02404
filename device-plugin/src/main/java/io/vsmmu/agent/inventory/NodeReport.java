package io.vsmmu.agent.inventory;

import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All that is known about the node after a look at it.
 *
 * @param wish the wish that was followed
 * @param topology what sysfs showed
 * @param inventory the devices and their states
 * @param smmus what was found out about SMMUs, by name
 * @param boundByUs functions that are to be given back when they are no longer wanted
 * @param remarks what the VSmmu's owner should know, one sentence each
 */
public record NodeReport(
    Wish wish,
    NodeTopology topology,
    InventorySnapshot inventory,
    Map<String, SmmuReport> smmus,
    Set<PciAddress> boundByUs,
    List<String> remarks) {

  public NodeReport {
    smmus = Map.copyOf(smmus);
    boundByUs = Set.copyOf(boundByUs);
    remarks = List.copyOf(remarks);
  }
}
