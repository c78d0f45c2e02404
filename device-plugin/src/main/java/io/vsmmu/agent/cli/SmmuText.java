package io.vsmmu.agent.cli;

import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What is known about an SMMU, for people. */
final class SmmuText {

  private SmmuText() {}

  static List<String> lines(SmmuReport report) {
    var lines = new ArrayList<String>();
    var obstacle = report.obstacle();
    lines.add(
        obstacle == null
            ? report.smmu() + "  can nest"
            : "%s  cannot nest: %s: %s"
                .formatted(report.smmu(), obstacle.reason(), obstacle.message()));
    var capabilities = report.capabilities();
    if (capabilities != null) {
      lines.add("  " + describe(capabilities));
    }
    return lines;
  }

  private static String describe(SmmuCapabilities smmu) {
    var words = new ArrayList<String>();
    words.add("%d-bit addresses".formatted(smmu.oas()));
    words.add("%d-bit stream ids".formatted(smmu.sidSize()));
    words.add("%d-bit substream ids".formatted(smmu.ssidSize()));
    words.add(
        smmu.granules().stream().map(String::valueOf).collect(Collectors.joining("/"))
            + " granules");
    flag(words, smmu.s2fwb(), "S2FWB");
    flag(words, smmu.ril(), "RIL");
    flag(words, smmu.ats(), "ATS");
    flag(words, smmu.stall() != SmmuCapabilities.StallModel.NONE, "stalls");
    return String.join(", ", words);
  }

  private static void flag(List<String> words, boolean has, String name) {
    words.add(has ? name : "no " + name);
  }
}
