package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorInProcess;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The ordered end: VSmmu objects first, all at once, while the operator runs. */
class UninstallTest {

  @Test
  void theLastVSmmuTakesTheDaemonSetAlong() {
    try (Cluster cluster = new Cluster();
        OperatorInProcess operator = OperatorInProcess.start(cluster)) {
      for (String node : List.of("n1", "n2", "n3")) {
        cluster.admin().resource(VSmmu.of(new VSmmuSpec(node, null, null, null))).create();
      }
      eventually()
          .untilAsserted(() ->
              assertThat(vsmmus(cluster))
                  .hasSize(3)
                  .allMatch(vsmmu -> vsmmu.hasFinalizer(VSmmuReconciler.FINALIZER)));
      eventually().until(() -> daemonSet(cluster).isPresent());

      cluster.admin().resources(VSmmu.class).delete();

      eventually().untilAsserted(() -> assertThat(vsmmus(cluster)).isEmpty());
      eventually().until(() -> daemonSet(cluster).isEmpty());
    }
  }

  private static List<VSmmu> vsmmus(Cluster cluster) {
    return cluster.admin().resources(VSmmu.class).list().getItems();
  }

  private static Optional<DaemonSet> daemonSet(Cluster cluster) {
    return Optional.ofNullable(
        cluster
            .admin()
            .apps()
            .daemonSets()
            .inNamespace(Names.NAMESPACE)
            .withName(Names.AGENT_DAEMON_SET)
            .get());
  }
}
