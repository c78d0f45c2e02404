package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static java.util.Comparator.naturalOrder;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.ApiRequest;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorInProcess;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A thousand nodes at once, on a real API server. */
class ScaleTest {

  private static final int NODES = 1000;
  private static final int MOST_WRITES = 3;
  private static final String USER =
      "system:serviceaccount:%s:%s".formatted(Names.NAMESPACE, Names.OPERATOR);

  @Test
  void aThousandObjectsCreatedAtOnceSettleWithFewWrites() throws Exception {
    try (Cluster cluster = new Cluster()) {
      forEachNode(cluster::addNode);
      OperatorInProcess operator = OperatorInProcess.start(cluster);
      long start = System.nanoTime();
      try (SharedIndexInformer<VSmmu> vsmmus = cluster.admin().resources(VSmmu.class).inform()) {
        forEachNode(node -> cluster.admin().resource(vsmmu(node)).create());
        eventually()
            .atMost(Duration.ofMinutes(9))
            .until(() ->
                vsmmus.getStore().list().stream().filter(ScaleTest::isJudged).count() == NODES);
      } finally {
        Duration settled = Duration.ofNanos(System.nanoTime() - start);
        operator.close();
        report(settled, writes(cluster));
      }

      Map<String, Long> writesPerObject = perObject(writes(cluster));
      assertThat(writesPerObject).hasSize(NODES);
      assertThat(writesPerObject.values()).allMatch(writes -> writes <= MOST_WRITES);
      assertThat(lists(cluster))
          .as("a thousand nodes in one answer are tens of MiB")
          .isNotEmpty()
          .allMatch(list -> list.uri().contains("limit="));
    }
  }

  /** As somebody does who applies a file with all of them. */
  private static void forEachNode(Consumer<String> action) throws InterruptedException {
    try (ExecutorService executor = Executors.newFixedThreadPool(8)) {
      executor
          .invokeAll(
              IntStream.range(0, NODES)
                  .mapToObj(i -> Executors.callable(() -> action.accept("node-" + i)))
                  .toList())
          .forEach(each -> assertThat(each).succeedsWithin(Duration.ZERO));
    }
  }

  private static VSmmu vsmmu(String node) {
    return VSmmu.of(
        new VSmmuSpec(
            node,
            List.of(ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("8086", "10d3"))),
            null,
            null));
  }

  private static boolean isJudged(VSmmu vsmmu) {
    return vsmmu.getStatus() != null
        && ConditionType.Ready.in(vsmmu.getStatus().conditions())
            .map(Condition::getReason)
            .filter("AgentNotRolledOut"::equals)
            .isPresent();
  }

  private static List<ApiRequest> writes(Cluster cluster) {
    return cluster.requests().stream()
        .filter(request -> request.user().equals(USER) && request.isWrite())
        .toList();
  }

  private static List<ApiRequest> lists(Cluster cluster) {
    return cluster.requests().stream()
        .filter(request -> request.user().equals(USER) && request.verb().equals("list"))
        .filter(request -> Set.of("nodes", "vsmmus", "leases").contains(request.resource()))
        .toList();
  }

  private static Map<String, Long> perObject(List<ApiRequest> writes) {
    return writes.stream()
        .filter(write -> write.group().equals(VSmmu.GROUP))
        .collect(groupingBy(ApiRequest::name, counting()));
  }

  private static void report(Duration settled, List<ApiRequest> writes) {
    System.out.printf(
        "%d VSmmu objects created at once settled in %.1f s; the operator's writes: %s, at most %d to"
            + " one VSmmu%n",
        NODES,
        settled.toMillis() / 1000.0,
        writes.stream()
            .collect(groupingBy(write -> write.verb() + " " + write.resource(), counting())),
        perObject(writes).values().stream().max(naturalOrder()).orElse(0L));
  }
}
