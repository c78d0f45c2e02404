package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.simulated.CallingProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** RLIMIT_MEMLOCK of a client: the real one of its process (proc_pid_limits(5)). */
final class LockedMemoryLimit {
  private static final Logger LOG = LoggerFactory.getLogger(LockedMemoryLimit.class);
  private static final String NAME = "Max locked memory";
  private static final String UNLIMITED = "unlimited";

  private LockedMemoryLimit() {}

  /** In bytes; unlimited for a process that cannot be seen from here. */
  static long of(PeerProcess process) {
    try {
      return parse(Files.readAllLines(Path.of("/proc", Integer.toString(process.pid()), "limits")));
    } catch (IOException e) {
      LOG.warn("{} gets no limit on locked memory: {}", process, e.toString());
      return CallingProcess.UNLIMITED;
    }
  }

  /** The soft limit. */
  private static long parse(List<String> limits) throws IOException {
    var line =
        limits.stream()
            .filter(each -> each.startsWith(NAME))
            .findFirst()
            .orElseThrow(() -> new IOException("no '" + NAME + "'"));
    var soft = line.substring(NAME.length()).strip().split(" ", 2)[0];
    return soft.equals(UNLIMITED) ? CallingProcess.UNLIMITED : Long.parseLong(soft);
  }
}
