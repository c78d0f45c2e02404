package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.ApiRequest;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorInProcess;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The ordered end: VSmmu objects first, while the operator runs. */
class UninstallTest {

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

  @Test
  void ofSeveralThatGoAtOnceTheLastTakesTheDaemonSetAlong() {
    create(10);

    cluster.admin().resources(VSmmu.class).delete();

    eventually().untilAsserted(() -> assertThat(vsmmus()).isEmpty());
    eventually().until(() -> cluster.agents().get() == null);
  }

  /** An operator that ends in between does it again; without the VSmmu nothing would tell it. */
  @Test
  void theLastOneGoesAfterTheDaemonSet() {
    create(1);

    cluster.admin().resources(VSmmu.class).delete();
    eventually().untilAsserted(() -> assertThat(vsmmus()).isEmpty());
    eventually().until(() -> cluster.agents().get() == null);

    assertThat(cluster.operatorsWrites())
        .filteredOn(write ->
            write.resource().equals("vsmmus")
                || write.resource().equals("daemonsets") && write.verb().equals("delete"))
        .extracting(ApiRequest::resource)
        .endsWith("daemonsets", "vsmmus");
  }

  private void create(int number) {
    IntStream.range(0, number)
        .mapToObj(i -> VSmmu.of(new VSmmuSpec("n" + i, null, null, null)))
        .forEach(vsmmu -> cluster.admin().resource(vsmmu).create());
    eventually()
        .untilAsserted(() ->
            assertThat(vsmmus())
                .hasSize(number)
                .allMatch(vsmmu -> vsmmu.hasFinalizer(VSmmuReconciler.FINALIZER)));
    eventually().until(() -> cluster.agents().get() != null);
  }

  private List<VSmmu> vsmmus() {
    return cluster.admin().resources(VSmmu.class).list().getItems();
  }
}
