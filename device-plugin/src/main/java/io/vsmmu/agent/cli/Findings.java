package io.vsmmu.agent.cli;

import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.iommufd.topology.PciAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a probe found out.
 *
 * @param smmus by name, in the order of the devices
 * @param devices all that were asked about
 */
record Findings(Map<String, SmmuReport> smmus, List<Probed> devices) {

  /**
   * What became of a device.
   *
   * @param probed whether the kernel was asked
   * @param obstacle why it cannot be used, or was not probed; absent when all is well
   */
  record Probed(
      PciAddress address, @Nullable String smmu, boolean probed, @Nullable Obstacle obstacle) {}

  /** Whether every SMMU can nest and every device be bound, as far as is known. */
  boolean areClear() {
    return !devices.isEmpty()
        && smmus.values().stream().allMatch(SmmuReport::nesting)
        && devices.stream()
            .allMatch(device ->
                device.obstacle() == null
                    || (!device.probed() && smmus.containsKey(device.smmu())));
  }

  /** For people. */
  List<String> lines() {
    var lines = new ArrayList<String>();
    if (devices.isEmpty()) {
      lines.add("no function is on a VFIO driver; bring one there, or let the agent do it");
    }
    smmus.values().forEach(smmu -> lines.addAll(SmmuText.lines(smmu)));
    for (var device : devices) {
      var obstacle = device.obstacle();
      lines.add(
          obstacle == null
              ? "%s  can be bound".formatted(device.address())
              : "%s  %s: %s: %s"
                  .formatted(
                      device.address(),
                      device.probed() ? "cannot be used" : "not probed",
                      obstacle.reason(),
                      obstacle.message()));
    }
    return lines;
  }
}
