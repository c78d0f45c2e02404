package io.vsmmu.agent.inventory;

import io.vsmmu.agent.probe.SmmuReport;
import io.vsmmu.agent.state.StateFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was found out about SMMUs in this boot. Kept on disk: after a restart of the agent all
 * devices behind an SMMU may be in use, and then it cannot be asked again.
 */
public final class SmmuReports {

  private static final Logger LOG = LoggerFactory.getLogger(SmmuReports.class);

  private final StateFolder<Stored> folder;
  private final String bootId;
  private final Map<String, SmmuReport> known = new HashMap<>();

  private record Stored(String bootId, SmmuReport report) {}

  private SmmuReports(StateFolder<Stored> folder, String bootId) {
    this.folder = folder;
    this.bootId = bootId;
  }

  /**
   * What an agent has found out in this boot, by name; changes nothing on disk.
   *
   * @param path the folder that the agent keeps it in
   * @throws IOException when the folder cannot be read
   */
  public static Map<String, SmmuReport> look(Path path, String bootId) throws IOException {
    var reports = new HashMap<String, SmmuReport>();
    for (var stored : StateFolder.look(path, Stored.class).all().values()) {
      if (stored.bootId().equals(bootId)) {
        reports.put(stored.report().smmu(), stored.report());
      }
    }
    return Map.copyOf(reports);
  }

  static SmmuReports open(Path path, String bootId) throws IOException {
    var reports = new SmmuReports(StateFolder.open(path, Stored.class), bootId);
    for (var entry : reports.folder.all().entrySet()) {
      if (entry.getValue().bootId().equals(bootId)) {
        reports.known.put(entry.getValue().report().smmu(), entry.getValue().report());
      } else {
        reports.folder.remove(entry.getKey());
      }
    }
    return reports;
  }

  /** Whether nothing is known of an SMMU that will hold. */
  boolean isOpen(String smmu) {
    var report = known.get(smmu);
    return report == null || report.passing();
  }

  /** Takes a report, in the place of an earlier one of the same SMMU. */
  void add(SmmuReport report) {
    known.put(report.smmu(), report);
    if (report.passing()) {
      return; // The next agent asks anew.
    }
    try {
      folder.put(report.smmu(), new Stored(bootId, report));
    } catch (IOException e) {
      LOG.warn("what {} can do will have to be found out again after a restart", report.smmu(), e);
    }
  }

  Map<String, SmmuReport> all() {
    return Map.copyOf(known);
  }
}
