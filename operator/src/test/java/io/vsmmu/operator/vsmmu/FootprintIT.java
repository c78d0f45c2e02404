package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the shipped program takes, in a cluster whose nodes are already there: prints the numbers of
 * {@code docs/operations.md}. The property {@code footprint.nodes} is the number of nodes.
 */
class FootprintIT {

  private static final int NODES = Integer.getInteger("footprint.nodes", 1);
  private static final long KIB = 1024;

  @TempDir private Path directory;

  @Test
  void itReconcilesSoonAndFitsIntoWhatItsContainerMayHave() throws Exception {
    try (Cluster cluster = new Cluster()) {
      IntStream.range(0, NODES).mapToObj(i -> "node-" + i).forEach(node -> add(cluster, node));
      long start = System.nanoTime();
      try (OperatorProcess operator = OperatorProcess.start(cluster, "only", directory)) {
        cluster
            .admin()
            .resources(VSmmu.class)
            .informOnCondition(all -> all.stream().anyMatch(FootprintIT::isReconciled))
            .get(2, TimeUnit.MINUTES);
        Duration first = Duration.ofNanos(System.nanoTime() - start);
        eventually()
            .atMost(Duration.ofMinutes(9))
            .pollInterval(Duration.ofSeconds(1))
            .until(() ->
                cluster.admin().resources(VSmmu.class).list().getItems().stream()
                    .allMatch(FootprintIT::isReconciled));

        System.out.printf(
            "%d VSmmu: the first reconciled %d ms after the operator's start; resident %d MiB, of which"
                + " anonymous %d MiB, at most %d MiB%n",
            NODES,
            first.toMillis(),
            operator.kibibytes("VmRSS") / KIB,
            operator.kibibytes("RssAnon") / KIB,
            operator.kibibytes("VmHWM") / KIB);
        assertThat(operator.kibibytes("VmHWM") * KIB)
            .isLessThan(OperatorProcess.memoryLimit(cluster));
      }
    }
  }

  private static void add(Cluster cluster, String node) {
    cluster.addNode(node);
    cluster
        .admin()
        .resource(
            VSmmu.of(
                new VSmmuSpec(
                    node,
                    List.of(ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("8086", "10d3"))),
                    null,
                    null)))
        .create();
  }

  private static boolean isReconciled(VSmmu vsmmu) {
    return vsmmu != null
        && vsmmu.getStatus() != null
        && vsmmu.getStatus().observedGeneration() != null;
  }
}
