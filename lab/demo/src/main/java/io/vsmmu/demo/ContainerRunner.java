package io.vsmmu.demo;

import io.vsmmu.standin.kubelet.ContainerGrant;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs containers of the agent's image as plain processes. There is no mount namespace: where a
 * variable names a path below a mount, the process is told the host's path instead.
 */
final class ContainerRunner {
  private final Programs programs;
  private final Path simulation;
  private final Map<String, CompletableFuture<ContainerProcess>> byPod = new ConcurrentHashMap<>();

  /**
   * @param simulation the folder of the simulated node whose devices the containers get
   */
  ContainerRunner(Programs programs, Path simulation) {
    this.programs = programs;
    this.simulation = simulation;
  }

  /** Starts a container that runs {@code vsmmu} with these arguments. */
  ContainerProcess start(String pod, List<String> arguments, ContainerGrant grant) {
    Map<String, String> environment = new HashMap<>();
    grant.env().forEach((name, value) -> environment.put(name, onHost(value, grant)));
    var all = new ArrayList<>(arguments);
    all.add("--simulated-node=" + simulation);
    var container = ContainerProcess.start(pod, programs.vsmmu(environment, all));
    future(pod).complete(container);
    return container;
  }

  /**
   * The container of a pod, once it was started.
   *
   * @throws IllegalStateException when it was not started in time
   */
  ContainerProcess of(String pod, Duration limit) throws InterruptedException {
    try {
      return future(pod).get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("pod %s was not started: %s".formatted(pod, e), e);
    }
  }

  private CompletableFuture<ContainerProcess> future(String pod) {
    return byPod.computeIfAbsent(pod, unused -> new CompletableFuture<>());
  }

  private static String onHost(String value, ContainerGrant grant) {
    for (var mount : grant.mounts().values()) {
      var inContainer = Path.of(mount.getContainerPath());
      if (value.startsWith("/") && Path.of(value).startsWith(inContainer)) {
        return Path.of(mount.getHostPath())
            .resolve(inContainer.relativize(Path.of(value)))
            .toString();
      }
    }
    return value;
  }
}
