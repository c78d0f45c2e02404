package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.ApiRequest;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorInProcess;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With the last VSmmu goes the DaemonSet. */
class LastVSmmuTest {

  private static final String OPERATOR =
      "system:serviceaccount:%s:%s".formatted(Names.NAMESPACE, Names.OPERATOR);

  private Cluster cluster;
  private OperatorInProcess operator;

  @BeforeEach
  void start() {
    cluster = new Cluster();
    operator = OperatorInProcess.start(cluster);
  }

  @AfterEach
  void stop() {
    operator.close();
    cluster.close();
  }

  /** An operator that ends in between does it again; without the VSmmu nothing would tell it. */
  @Test
  void theLastOneGoesAfterTheDaemonSet() {
    VSmmu vsmmu = create("n1");
    eventually().until(() -> daemonSet() != null);

    cluster.admin().resource(vsmmu).delete();
    eventually().until(() -> vsmmus().isEmpty());
    eventually().until(() -> daemonSet() == null);

    assertThat(writesOfVSmmusAndDeletionsOfTheDaemonSet()).endsWith("daemonsets", "vsmmus");
  }

  @Test
  void ofSeveralThatGoAtOnceOneIsTheLast() {
    for (int i = 0; i < 10; i++) {
      create("n" + i);
    }
    eventually().until(() -> daemonSet() != null);

    cluster.admin().resources(VSmmu.class).delete();

    eventually().until(() -> vsmmus().isEmpty());
    eventually().until(() -> daemonSet() == null);
  }

  private VSmmu create(String node) {
    VSmmu created =
        cluster
            .admin()
            .resource(
                VSmmu.of(
                    new VSmmuSpec(
                        node,
                        List.of(
                            ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("8086", "10d3"))),
                        null,
                        null)))
            .create();
    eventually()
        .until(
            () -> cluster.admin().resource(created).get().hasFinalizer(VSmmuReconciler.FINALIZER));
    return created;
  }

  private List<VSmmu> vsmmus() {
    return cluster.admin().resources(VSmmu.class).list().getItems();
  }

  private @Nullable DaemonSet daemonSet() {
    return cluster
        .admin()
        .apps()
        .daemonSets()
        .inNamespace(Names.NAMESPACE)
        .withName(Names.AGENT_DAEMON_SET)
        .get();
  }

  /** The operator's, by resource: the log has a request when it has the one after it. */
  private List<String> writesOfVSmmusAndDeletionsOfTheDaemonSet() {
    String marker = "marker-" + System.nanoTime();
    cluster.admin().namespaces().withName(marker).get();
    eventually()
        .until(
            () -> cluster.requests().stream().anyMatch(request -> request.name().equals(marker)));
    return cluster.requests().stream()
        .filter(request -> request.user().equals(OPERATOR) && request.isWrite())
        .filter(request ->
            request.resource().equals("vsmmus")
                || request.resource().equals("daemonsets") && request.verb().equals("delete"))
        .map(ApiRequest::resource)
        .toList();
  }
}
