package io.vsmmu.bench.operator;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * A real API server with what the operator needs, and nodes with a VSmmu each, on which an agent
 * has reported.
 */
final class Fleet implements AutoCloseable {

  private static final String NAME = "node-";
  private static final String RESOURCE = "vsmmu.io/nic";
  private static final Duration LIMIT = Duration.ofMinutes(15);

  /** As many as JOSDK's reconcilers. */
  private static final int WRITERS = 50;

  private final int size;
  private final ApiServer server;
  private final KubernetesClient client;

  private Fleet(int size, ApiServer server, KubernetesClient client) {
    this.size = size;
    this.server = server;
    this.client = client;
  }

  /**
   * Starts one, with everything that {@code deploy/base} has.
   *
   * @param top the project's folder
   */
  static Fleet of(int size, Path top) throws IOException, InterruptedException {
    ApiServer server = ApiServer.start();
    Fleet fleet =
        new Fleet(
            size,
            server,
            new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(server.kubeconfig().toFile()))
                .build());
    try {
      fleet.kubectl("apply", "-k", top.resolve("deploy/base").toString());
      fleet.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd/vsmmus.vsmmu.io");
      fleet.inParallel(i -> fleet.create(NAME + i));
      return fleet;
    } catch (IOException | InterruptedException | RuntimeException e) {
      fleet.close();
      throw e;
    }
  }

  int size() {
    return size;
  }

  /** With the rights that the operator has in production. */
  Path operatorsKubeconfig() {
    String token =
        client
            .serviceAccounts()
            .inNamespace(Names.NAMESPACE)
            .withName(Names.OPERATOR)
            .tokenRequest(new TokenRequest())
            .getStatus()
            .getToken();
    return server.kubeconfig(Names.OPERATOR, token);
  }

  /** What its container may have, in bytes. */
  long operatorsMemory() {
    return Quantity.getAmountInBytes(
            client
                .apps()
                .deployments()
                .inNamespace(Names.NAMESPACE)
                .withName(Names.OPERATOR)
                .get()
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getResources()
                .getLimits()
                .get("memory"))
        .longValueExact();
  }

  /** Until each VSmmu has a verdict of the operator. */
  void awaitJudged(OperatorProcess operator) throws InterruptedException {
    Set<String> waiting = ConcurrentHashMap.newKeySet();
    IntStream.range(0, size).forEach(i -> waiting.add(NAME + i));
    CountDownLatch done = new CountDownLatch(1);
    ResourceEventHandler<VSmmu> handler =
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(VSmmu vsmmu) {
            onUpdate(vsmmu, vsmmu);
          }

          @Override
          public void onUpdate(VSmmu before, VSmmu now) {
            if (isJudged(now) && waiting.remove(now.getMetadata().getName()) && waiting.isEmpty()) {
              done.countDown();
            }
          }

          @Override
          public void onDelete(VSmmu vsmmu, boolean unknown) {
            // Nobody deletes any.
          }
        };
    try (SharedIndexInformer<VSmmu> informer = client.resources(VSmmu.class).inform(handler)) {
      long end = System.nanoTime() + LIMIT.toNanos();
      while (!done.await(1, TimeUnit.SECONDS)) {
        operator.requireAlive();
        if (System.nanoTime() > end) {
          throw new IllegalStateException(
              "%d of %d VSmmu are not judged after %s".formatted(waiting.size(), size, LIMIT));
        }
      }
    }
  }

  /** The operator's writes to VSmmu objects so far. */
  long writes() throws IOException {
    try (var lines = Files.lines(server.auditLog())) {
      return lines
          .filter(line ->
              line.contains(
                  "\"username\":\"system:serviceaccount:%s:%s\""
                      .formatted(Names.NAMESPACE, Names.OPERATOR)))
          .filter(line -> line.contains("\"resource\":\"vsmmus\""))
          .filter(
              line -> line.contains("\"verb\":\"patch\"") || line.contains("\"verb\":\"update\""))
          .count();
    }
  }

  /** The same writes to as many other objects, by somebody who need not find out what to write. */
  Duration writeAlone() throws InterruptedException {
    VSmmuStatus status = client.resources(VSmmu.class).withName(NAME + 0).get().getStatus();
    inParallel(i -> createVSmmu("bare-" + i));
    PatchContext merge = new PatchContext.Builder().withPatchType(PatchType.JSON_MERGE).build();
    PatchContext apply = apply("bare");
    long start = System.nanoTime();
    inParallel(i -> {
      client
          .resources(VSmmu.class)
          .withName("bare-" + i)
          .patch(merge, "{\"metadata\": {\"finalizers\": [\"vsmmu.io/bare\"]}}");
      client.resource(VSmmu.statusPatch("bare-" + i, status)).subresource("status").patch(apply);
    });
    return Duration.ofNanos(System.nanoTime() - start);
  }

  private static PatchContext apply(String manager) {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(manager)
        .withForce(true)
        .build();
  }

  private void create(String name) {
    client
        .resource(new NodeBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
    createVSmmu(name);
    client
        .resource(VSmmu.statusPatch(name, AgentReport.of(RESOURCE)))
        .subresource("status")
        .patch(apply(Names.AGENT));
  }

  private void createVSmmu(String name) {
    client
        .resource(
            VSmmu.of(
                new VSmmuSpec(
                    name,
                    List.of(ResourceSpec.of(RESOURCE, DeviceSelector.ofIds("8086", "10d3"))),
                    null,
                    null)))
        .create();
  }

  private static boolean isJudged(VSmmu vsmmu) {
    return vsmmu.getStatus() != null
        && ConditionType.Ready.in(vsmmu.getStatus().conditions()).isPresent();
  }

  private void inParallel(IntConsumer action) throws InterruptedException {
    try (ExecutorService executor = Executors.newFixedThreadPool(WRITERS)) {
      for (Future<Object> each :
          executor.invokeAll(
              IntStream.range(0, size)
                  .mapToObj(i -> Executors.callable(() -> action.accept(i)))
                  .toList())) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("the API server refuses: " + e.getCause(), e);
    }
  }

  private void kubectl(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getenv("KUBEBUILDER_ASSETS"), "kubectl").toString(),
                "--kubeconfig=" + server.kubeconfig()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (process.waitFor() != 0) {
      throw new IOException(command + " failed with status " + process.exitValue());
    }
  }

  @Override
  public void close() {
    try (server;
        client) {
      // In reverse order.
    }
  }
}
