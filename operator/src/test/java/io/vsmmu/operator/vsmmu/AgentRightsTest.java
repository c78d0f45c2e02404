package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.cluster.Cluster;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an agent's token is good for, under the manifests that {@code deploy/base} has. */
class AgentRightsTest {

  private static final VSmmuStatus REPORT =
      VSmmuStatus.ofAgent(
          List.of(), new AgentStatus(1L, "test"), null, List.of(), List.of(), List.of(), null);

  private static Cluster cluster;
  private static KubernetesClient agent;

  @BeforeAll
  static void start() {
    cluster = new Cluster();
    agent = cluster.agentOn(cluster.addNode("mine"));
    for (String node : List.of("mine", "other")) {
      cluster.admin().resource(VSmmu.of(new VSmmuSpec(node, null, null, null))).create();
    }
  }

  @AfterAll
  static void stop() {
    agent.close();
    cluster.close();
  }

  @Test
  void anAgentReportsOnItsOwnNodeOnly() {
    // Policies reach the server's admission some time after their creation.
    eventually()
        .untilAsserted(
            () -> assertForbidden(() -> Cluster.renewLease(agent, "other", 40), "node mine"));
    assertForbidden(() -> Cluster.report(agent, "other", REPORT), "node mine");

    Cluster.renewLease(agent, "mine", 40);
    Cluster.report(agent, "mine", REPORT);
    assertThat(agent.resources(VSmmu.class).withName("mine").get().getStatus()).isEqualTo(REPORT);
  }

  @Test
  void anAgentTellsOfItsOwnVSmmuOnly() {
    eventually().untilAsserted(() -> assertForbidden(() -> tell("VSmmu", "other"), "node mine"));
    assertForbidden(() -> tell("Pod", "mine"), "node mine");

    tell("VSmmu", "mine");
  }

  private static void tell(String kind, String name) {
    var event =
        new EventBuilder()
            .withNewMetadata()
            .withGenerateName("test-")
            .withNamespace("default")
            .endMetadata()
            .withEventTime(new MicroTime("2026-01-01T00:00:00.000000Z"))
            .withReportingController("vsmmu.io/agent")
            .withReportingInstance("test")
            .withAction("Test")
            .withReason("Test")
            .withType("Normal")
            .withNewRegarding()
            .withApiVersion("vsmmu.io/v1alpha1")
            .withKind(kind)
            .withName(name)
            .endRegarding()
            .build();
    agent.events().v1().events().inNamespace("default").resource(event).create();
  }

  @Test
  void anAgentChangesNeitherSpecsNorNodes() {
    VSmmu vsmmu = agent.resources(VSmmu.class).withName("mine").get();

    assertForbidden(() -> agent.resource(vsmmu).update(), "cannot update resource \"vsmmus\"");
    assertForbidden(() -> agent.resource(vsmmu).delete(), "cannot delete resource \"vsmmus\"");
    assertForbidden(() -> agent.nodes().withName("mine").get(), "cannot get resource \"nodes\"");
  }

  private static void assertForbidden(ThrowingCallable request, String message) {
    assertThatThrownBy(request)
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(((KubernetesClientException) e).getCode()).isEqualTo(403));
  }
}
