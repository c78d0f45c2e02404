package io.vsmmu.operator.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.authentication.BoundObjectReference;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestSpec;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.Counts;
import io.vsmmu.api.v1alpha1.DeviceState;
import io.vsmmu.api.v1alpha1.DeviceStatus;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * A real API server with what {@code deploy/base} installs, and the hands of those that are not
 * under test: kubelet and agent. Writes go out as the ServiceAccounts that make them in production.
 */
public final class Cluster implements AutoCloseable {

  public static final Path DEPLOY = Path.of("..", "deploy");

  private final ApiServer server = ApiServer.start();
  private final KubernetesClient admin = client(server.kubeconfig());
  private final KubernetesClient agent;

  public Cluster() {
    kubectl("apply", "-k", DEPLOY.resolve("base").toString());
    admin
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .withName("vsmmus.vsmmu.io")
        .waitUntilCondition(Cluster::isEstablished, 2, TimeUnit.MINUTES);
    // What is established is served a moment later.
    eventually()
        .ignoreException(KubernetesClientException.class)
        .until(() -> admin.resources(VSmmu.class).list() != null);
    agent = client(kubeconfigOf(Names.AGENT));
  }

  /** Waits for what takes a second, and longer on a busy machine. */
  public static ConditionFactory eventually() {
    return Awaitility.await().atMost(Duration.ofMinutes(2));
  }

  /** Changes an object that others may write to meanwhile, which the API server then refuses. */
  public static <T> void edit(Resource<T> object, UnaryOperator<T> change) {
    eventually()
        .ignoreExceptionsMatching(failure ->
            failure instanceof KubernetesClientException refused
                && refused.getCode() == HttpURLConnection.HTTP_CONFLICT)
        .until(() -> object.edit(change) != null);
  }

  /** Runs kubectl as an administrator and returns what it prints. */
  public String kubectl(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getenv("KUBEBUILDER_ASSETS"), "kubectl").toString());
    command.add("--kubeconfig=" + server.kubeconfig());
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + command, e);
    }
  }

  /** A client that may do everything. */
  public KubernetesClient admin() {
    return admin;
  }

  /** A client with the rights that the operator has in production. */
  public KubernetesClient operator() {
    return client(kubeconfigOf(Names.OPERATOR));
  }

  /** A client with the rights that the agent on a node has in production. */
  public KubernetesClient agentOn(Node node) {
    TokenRequestSpec spec = new TokenRequestSpec();
    spec.setBoundObjectRef(
        new BoundObjectReference(
            "v1", "Node", node.getMetadata().getName(), node.getMetadata().getUid()));
    return client(
        server.kubeconfig("agent-" + node.getMetadata().getName(), token(Names.AGENT, spec)));
  }

  /** A kubeconfig file with the rights that a ServiceAccount has in production. */
  public Path kubeconfigOf(String serviceAccount) {
    return server.kubeconfig(serviceAccount, token(serviceAccount, new TokenRequestSpec()));
  }

  private String token(String serviceAccount, TokenRequestSpec spec) {
    return admin
        .serviceAccounts()
        .inNamespace(Names.NAMESPACE)
        .withName(serviceAccount)
        .tokenRequest(new TokenRequestBuilder().withSpec(spec).build())
        .getStatus()
        .getToken();
  }

  public Node addNode(String name) {
    return admin
        .resource(new NodeBuilder().withNewMetadata().withName(name).endMetadata().build())
        .create();
  }

  /** As the kubelet does. */
  public void advertise(String node, String resource, int amount) {
    admin
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(node)
                .endMetadata()
                .withNewStatus()
                .withAllocatable(Map.of(resource, new Quantity(Integer.toString(amount))))
                .endStatus()
                .build())
        .subresource("status")
        .patch(applyAs("kubelet"));
  }

  /** As the controller does that watches over kubelets: a node's condition {@code Ready}. */
  public void condition(String node, String status, String message) {
    admin
        .nodes()
        .withName(node)
        .editStatus(current ->
            new NodeBuilder(current)
                .editOrNewStatus()
                .addNewCondition()
                .withType("Ready")
                .withStatus(status)
                .withMessage(message)
                .endCondition()
                .endStatus()
                .build());
  }

  /** As the agent does. */
  public void renewLease(String node, int durationSeconds) {
    renewLease(agent, node, durationSeconds);
  }

  public static void renewLease(KubernetesClient agent, String node, int durationSeconds) {
    agent
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withName(node)
                .withNamespace(Names.NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity("vsmmu-agent")
                .withLeaseDurationSeconds(durationSeconds)
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                .endSpec()
                .build())
        .patch(applyAs(Names.AGENT));
  }

  /** As the agent does: a report on all devices of one resource. */
  public void report(VSmmu vsmmu, String resource, int devices, Condition... conditions) {
    report(
        vsmmu.getMetadata().getName(),
        VSmmuStatus.ofAgent(
            List.of(conditions),
            new AgentStatus(vsmmu.getMetadata().getGeneration(), "test"),
            null,
            List.of(),
            Stream.iterate(0, i -> i + 1)
                .limit(devices)
                .map(i -> device("0000:0%d:00.0".formatted(i), resource, i))
                .toList(),
            List.of(),
            new Counts(1, devices, 0, 0)));
  }

  public void report(String name, VSmmuStatus status) {
    report(agent, name, status);
  }

  public static void report(KubernetesClient agent, String name, VSmmuStatus status) {
    agent
        .resource(VSmmu.statusPatch(name, status))
        .subresource("status")
        .patch(applyAs(Names.AGENT));
  }

  public static Condition agentSays(ConditionType type) {
    return new ConditionBuilder()
        .withType(type.name())
        .withStatus("True")
        .withReason("Test")
        .withMessage("")
        .withLastTransitionTime("2026-01-01T00:00:00Z")
        .build();
  }

  /** The requests so far; the newest may take a moment to show. */
  public List<ApiRequest> requests() {
    return ApiRequest.readAll(server.auditLog());
  }

  /**
   * The operator's writes up to now, as the server got them: the log has a request when it has the
   * one after it, though perhaps in the other order.
   */
  public List<ApiRequest> operatorsWrites() {
    String marker = "marker-" + System.nanoTime();
    admin.namespaces().withName(marker).get();
    eventually()
        .until(() -> requests().stream().anyMatch(request -> request.name().equals(marker)));
    String operator = "system:serviceaccount:%s:%s".formatted(Names.NAMESPACE, Names.OPERATOR);
    return requests().stream()
        .filter(request -> request.user().equals(operator) && request.isWrite())
        .sorted(Comparator.comparing(ApiRequest::received))
        .toList();
  }

  /** The agents' DaemonSet, which may not be there. */
  public Resource<DaemonSet> agents() {
    return admin.apps().daemonSets().inNamespace(Names.NAMESPACE).withName(Names.AGENT_DAEMON_SET);
  }

  @Override
  public void close() {
    try (server;
        admin;
        agent) {
      // In reverse order.
    }
  }

  private static PatchContext applyAs(String fieldManager) {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(fieldManager)
        .withForce(true)
        .build();
  }

  private static DeviceStatus device(String address, String resource, int group) {
    return new DeviceStatus(
        address,
        resource,
        "smmu3.0x0",
        group,
        null,
        "8086",
        "10d3",
        "vfio-pci",
        DeviceState.Available,
        null,
        null);
  }

  private static KubernetesClient client(Path kubeconfig) {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
        .build();
  }

  private static boolean isEstablished(CustomResourceDefinition definition) {
    return definition != null
        && definition.getStatus() != null
        && definition.getStatus().getConditions() != null
        && definition.getStatus().getConditions().stream()
            .anyMatch(condition ->
                "Established".equals(condition.getType()) && "True".equals(condition.getStatus()));
  }
}
