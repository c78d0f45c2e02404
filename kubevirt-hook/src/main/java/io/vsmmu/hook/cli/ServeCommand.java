package io.vsmmu.hook.cli;

import io.vsmmu.hook.serve.HookServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The sidecar. */
@Command(
    name = "serve",
    description = {
      "Serves KubeVirt's hooks until virt-launcher says that the VM has ended, or until",
      "SIGTERM."
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
final class ServeCommand implements Callable<Integer> {

  private static final String SOCKETS = "/var/run/kubevirt-hooks";
  private static final String SYS = "/sys";

  @Option(
      names = "--socket-dir",
      paramLabel = "DIR",
      defaultValue = SOCKETS,
      description = "where virt-launcher looks for sockets")
  private Path sockets = Path.of(SOCKETS);

  @Option(
      names = "--sysfs-root",
      paramLabel = "DIR",
      defaultValue = SYS,
      description = "the node's sysfs: a device's SMMU and NUMA node")
  private Path sysfs = Path.of(SYS);

  private volatile @Nullable HookServer server;
  private volatile boolean failed;

  @Override
  public Integer call() throws IOException, InterruptedException {
    // To be stopped is no failure: a pod whose containers end with 0 has succeeded. Set before
    // there is a socket: from then on the pod may be deleted.
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(this::stop));
    try (var started = HookServer.start(sockets, new SysfsFunctions(sysfs))) {
      server = started;
      started.awaitShutdown();
    } catch (IOException | RuntimeException e) {
      failed = true;
      throw e;
    }
    return 0;
  }

  private void stop() {
    var running = server;
    if (running != null) {
      running.close();
    }
    if (!failed) {
      Runtime.getRuntime().halt(0);
    }
  }
}
