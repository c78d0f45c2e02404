package io.vsmmu.agent.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vsmmu.agent.AgentSettings;
import io.vsmmu.agent.AgentSettings.Peers;
import io.vsmmu.agent.NodeAgent;
import io.vsmmu.agent.config.VSmmuFile;
import io.vsmmu.agent.kubelet.PodResourcesHolders.OwnPod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The agent itself. */
@Command(
    name = "run",
    description = {
      "Runs the node agent until SIGTERM: binds and probes the devices that the node's",
      "VSmmu selects, serves them to kubelet, and hands prepared iommufd contexts to",
      "containers. At the end containers keep what they have, and devices stay on their drivers.",
      "",
      "With --config the wish comes from a file, which is followed while it changes; no API server",
      "is asked for anything, and what becomes of devices is logged."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:stopped by SIGTERM; hand-offs that were under way ended first",
      "1:cannot start (the message says why), or another agent is at work",
      "2:wrong usage",
      "70:a thread died of an error, which the log shows"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  vsmmu run --node-name node-1                 as the DaemonSet does",
      "  vsmmu run --config /etc/vsmmu/node.yaml      without a cluster"
    })
final class RunCommand implements Callable<Integer> {
  // Longer than the first TLS handshake of a JVM on a slow or emulated processor.
  private static final int CONNECTION_TIMEOUT_MS = 30_000;

  private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

  private static final int QEMU = 107;

  private static final int DIED = 70;

  private static final int LARGEST_PORT = 65_535;

  @Option(
      names = "--node-name",
      paramLabel = "NAME",
      defaultValue = "${env:NODE_NAME}",
      description = "the Node, and so the VSmmu; $NODE_NAME; not needed with --config")
  private @Nullable String nodeName;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = {
        "a VSmmu in YAML or JSON, instead of the API server's; kubevirt.iommufdSocket: Auto means",
        "no socket there. 'vsmmu plan --config FILE' shows what it would do"
      })
  private @Nullable Path config;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "how to reach the API server; without it as a pod, or by $KUBECONFIG")
  private @Nullable Path kubeconfig;

  @Mixin private NodePlace place = new NodePlace();

  @Option(
      names = "--kubelet-dir",
      paramLabel = "DIR",
      defaultValue = "/var/lib/kubelet/device-plugins",
      description = "kubelet's folder of device plugins (default: ${DEFAULT-VALUE})")
  private Path kubeletFolder = Path.of("/var/lib/kubelet/device-plugins");

  @Option(
      names = "--pod-resources",
      paramLabel = "SOCKET",
      defaultValue = "/var/lib/kubelet/pod-resources/kubelet.sock",
      description = "where kubelet tells which pod has which device (default: ${DEFAULT-VALUE})")
  private Path podResources = Path.of("/var/lib/kubelet/pod-resources/kubelet.sock");

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      defaultValue = "/var/lib/vsmmu",
      description =
          "what must outlive the agent: allocations, original drivers (default: ${DEFAULT-VALUE})")
  private Path stateFolder = Path.of("/var/lib/vsmmu");

  @Option(
      names = "--handoff-dir",
      paramLabel = "DIR",
      defaultValue = "/run/vsmmu",
      description =
          "sockets that are mounted into containers, a directory each (default: ${DEFAULT-VALUE})")
  private Path handoffFolder = Path.of("/run/vsmmu");

  @Option(
      names = "--pod-namespace",
      paramLabel = "NAMESPACE",
      defaultValue = "${env:POD_NAMESPACE}",
      description = "with --pod-name the pod that this runs in; $POD_NAMESPACE")
  private @Nullable String podNamespace;

  @Option(
      names = "--pod-name",
      paramLabel = "NAME",
      defaultValue = "${env:POD_NAME}",
      description = "until kubelet lists that pod nothing counts as released; $POD_NAME")
  private @Nullable String podName;

  @Option(
      names = "--vfio-user",
      paramLabel = "UID",
      description = {
        "owns devices while they are allocated: the user that VMMs run as"
            + " (default: 107, KubeVirt's; on a simulated node the agent's own)"
      })
  private @Nullable Integer vfioUser;

  @Option(
      names = "--peers",
      paramLabel = "pod|path",
      converter = PeersConverter.class,
      description = {
        "who may collect an allocation: pod: a process of the pod that it was made for, by its"
            + " cgroup; path: whoever reaches the socket, for a node without containers"
            + " (default: pod; on a simulated node path)"
      })
  private @Nullable Peers peers;

  @Option(
      names = "--http-address",
      paramLabel = "ADDRESS",
      defaultValue = "0.0.0.0",
      description = "where --http-port listens (default: ${DEFAULT-VALUE})")
  private InetAddress httpAddress = InetAddress.getLoopbackAddress();

  @Option(
      names = "--http-port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description =
          "serves /livez, /readyz and /metrics; -1 for nowhere (default: ${DEFAULT-VALUE})")
  private int httpPort = 8080;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Thread.setDefaultUncaughtExceptionHandler(RunCommand::end);
    var stop = new CountDownLatch(1);
    var stopped = new CountDownLatch(1);
    var hook =
        Thread.ofPlatform()
            .name("stop")
            .unstarted(() -> {
              stop.countDown();
              awaitQuietly(stopped);
            });
    var node = node();
    try (var _ = start(node)) {
      Runtime.getRuntime().addShutdownHook(hook);
      LOG.info("the agent of node {} runs", node);
      stop.await();
      LOG.info("stopping");
    } catch (IOException | InterruptedException | RuntimeException e) {
      stopped.countDown();
      throw e;
    }
    // Whatever is returned here, a JVM that a signal ends has 128 and its number for a status.
    Runtime.getRuntime().halt(ExitStatus.DONE);
    return ExitStatus.DONE;
  }

  /** An agent with a dead thread would seem alive; kubelet starts another one in its place. */
  private static void end(Thread thread, Throwable failure) {
    LOG.error("thread {} died, and the agent ends with it", thread.getName(), failure);
    Runtime.getRuntime().halt(DIED);
  }

  private NodeAgent start(String node) throws IOException {
    if (config != null) {
      return NodeAgent.start(settings(node), config);
    }
    try {
      return NodeAgent.start(settings(node), this::client);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private String node() throws IOException {
    if (config != null) {
      var named = VSmmuFile.read(config).spec().nodeName();
      if (nodeName != null && !nodeName.equals(named)) {
        throw new ParameterException(
            spec.commandLine(),
            "%s is the VSmmu of %s, not of %s; leave --node-name and $NODE_NAME out, or take another"
                    .formatted(config, named, nodeName)
                + " file");
      }
      return named;
    }
    if (nodeName == null || nodeName.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "the node has no name: set --node-name or $NODE_NAME, or give its VSmmu with --config");
    }
    return nodeName;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private AgentSettings settings(String node) throws IOException {
    Files.createDirectories(stateFolder);
    return new AgentSettings(
        node,
        place.kernel(),
        place.sysfs(),
        place.changes(),
        place.dev(),
        place.proc(),
        kubeletFolder,
        podResources,
        stateFolder,
        handoffFolder,
        ownPod(),
        vfioUser(),
        peers(),
        http());
  }

  private int vfioUser() throws IOException {
    if (vfioUser != null) {
      if (vfioUser < 0) {
        throw new ParameterException(
            spec.commandLine(),
            "--vfio-user is %d; it wants the number of a user".formatted(vfioUser));
      }
      return vfioUser;
    }
    return place.isSimulated() ? ownUser() : QEMU;
  }

  private Peers peers() {
    if (peers != null) {
      return peers;
    }
    return place.isSimulated() ? Peers.PATH : Peers.POD;
  }

  private Optional<InetSocketAddress> http() {
    if (httpPort < -1 || httpPort > LARGEST_PORT) {
      throw new ParameterException(
          spec.commandLine(),
          "--http-port is %d; it wants a number from 0 to %d, or -1 for nowhere"
              .formatted(httpPort, LARGEST_PORT));
    }
    return httpPort < 0
        ? Optional.empty()
        : Optional.of(new InetSocketAddress(httpAddress, httpPort));
  }

  private Optional<OwnPod> ownPod() {
    return podNamespace == null || podName == null
        ? Optional.empty()
        : Optional.of(new OwnPod(podNamespace, podName));
  }

  private int ownUser() throws IOException {
    return (Integer) Files.getAttribute(place.proc().resolve("self"), "unix:uid");
  }

  /** The library's words for a file that is missing or no kubeconfig, without its stack. */
  private Config cluster() {
    try {
      return kubeconfig == null
          ? Config.autoConfigure(null)
          : Config.fromKubeconfig(kubeconfig.toFile());
    } catch (RuntimeException e) {
      throw new UncheckedIOException(
          new IOException(
              "%s does not tell how to reach the API server: %s"
                  .formatted(
                      kubeconfig == null ? "$KUBECONFIG" : kubeconfig,
                      e.getCause() == null ? e.getMessage() : e.getCause()),
              e));
    }
  }

  private KubernetesClient client() {
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(cluster())
                // Whoever asks tries again by himself, with the news of then.
                .withRequestRetryBackoffLimit(0)
                .withConnectionTimeout(CONNECTION_TIMEOUT_MS)
                .withRequestTimeout(CONNECTION_TIMEOUT_MS)
                .build())
        .build();
  }
}
