package io.vsmmu.hook.cli;

import io.vsmmu.hook.serve.HookServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
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

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (var server = HookServer.start(sockets, new SysfsFunctions(sysfs))) {
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .name("stop")
                  .unstarted(() -> {
                    server.close();
                    // To be stopped is no failure: a pod whose containers end with 0 has succeeded.
                    Runtime.getRuntime().halt(0);
                  }));
      server.awaitShutdown();
    }
    return 0;
  }
}
