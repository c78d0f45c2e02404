package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.ApiRequest;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorProcess;
import io.vsmmu.operator.cluster.Rights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Least privilege: all that the operator has to do in its life, from its start in a cluster without
 * KubeVirt to its stop, takes each right that {@code deploy/base} gives it, and no other.
 */
class OperatorRightsIT {

  private static final String USER =
      "system:serviceaccount:%s:%s".formatted(Names.NAMESPACE, Names.OPERATOR);

  /** To take its finalizer away from an object that the agent writes to just then. */
  private static final String AFTER_CONFLICTS = "get vsmmu.io/vsmmus";

  /** To make its webhook's certificate when another replica does just then. */
  private static final String AFTER_RIVALS =
      "get secrets in vsmmu-system named vsmmu-operator-webhook";

  @Test
  void everyRightIsNeededAndNoneIsMissing(@TempDir Path directory) throws Exception {
    try (Cluster cluster = new Cluster();
        OperatorProcess operator = OperatorProcess.start(cluster, "only", directory)) {
      live(cluster);
      operator.stop();

      Rights rights =
          new Rights(
              cluster.admin(),
              List.of("vsmmu-operator", "vsmmu-operator-kubevirt", "vsmmu-operator-webhook"),
              List.of("vsmmu-operator", "vsmmu-operator-webhook"));
      // The log is written after the answer; giving the lease back comes last.
      eventually()
          .until(() -> requests(cluster).stream().anyMatch(last -> last.verb().equals("update")));
      List<ApiRequest> requests = requests(cluster);
      assertThat(rights.unusedBy(requests)).isSubsetOf(AFTER_CONFLICTS, AFTER_RIVALS);
      assertThat(requests)
          .as("requests that the operator may not make")
          .noneMatch(request -> request.code() == 403);
    }
  }

  private static void live(Cluster cluster) {
    VSmmu vsmmu =
        cluster
            .admin()
            .resource(
                VSmmu.of(
                    new VSmmuSpec(
                        "n1",
                        List.of(
                            ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("8086", "10d3"))),
                        null,
                        null)))
            .create();
    cluster.addNode("n1");
    eventually()
        .untilAsserted(() ->
            assertThat(cluster.admin().nodes().withName("n1").get().getMetadata().getLabels())
                .containsEntry(Names.NODE_LABEL, "true"));

    eventually().until(() -> cluster.agents().get() != null);
    Cluster.edit(
        cluster.agents(),
        current ->
            new DaemonSetBuilder(current)
                .editSpec()
                .editTemplate()
                .editSpec()
                .withNodeSelector(Map.of("somebody", "elses"))
                .endSpec()
                .endTemplate()
                .endSpec()
                .build());
    eventually()
        .untilAsserted(() ->
            assertThat(cluster.agents().get().getSpec().getTemplate().getSpec().getNodeSelector())
                .containsEntry(Names.NODE_LABEL, "true"));

    KubeVirtInstall kubevirt = new KubeVirtInstall(cluster);
    kubevirt.define();
    kubevirt.deploy("developerConfiguration: {featureGates: [HostDevices, Sidecar]}");
    eventually()
        .untilAsserted(() ->
            assertThat(
                    Optional.ofNullable(cluster.admin().resource(vsmmu).get().getStatus())
                        .flatMap(status -> ConditionType.KubeVirtReady.in(status.conditions()))
                        .map(Condition::getReason))
                .contains("Permitted"));

    cluster.admin().resource(vsmmu).delete();
    eventually().until(() -> cluster.admin().resource(vsmmu).get() == null);
    eventually().until(() -> cluster.agents().get() == null);
    assertThat(kubevirt.list()).isEmpty();
  }

  private static List<ApiRequest> requests(Cluster cluster) {
    return cluster.requests().stream().filter(request -> request.user().equals(USER)).toList();
  }
}
