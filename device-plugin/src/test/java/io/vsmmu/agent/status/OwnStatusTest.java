package io.vsmmu.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.inventory.NodeReport;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.NodeStatus;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.iommufd.topology.NodeTopology;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OwnStatusTest {

  private static final Instant EARLY = Instant.parse("2026-01-02T03:04:05Z");
  private static final Instant LATE = EARLY.plusSeconds(1);

  private final OwnStatus status =
      new OwnStatus(new StatusComposer(new Identity("1", new NodeStatus("aarch64", "7", "boot"))));

  @Test
  void whatWasWrittenIsNotWrittenAgain() {
    write(view("uid", List.of()), facts(), EARLY);

    assertThat(status.change(view("uid", List.of()), facts(), LATE)).isEmpty();
  }

  /** Somebody may have written over it, or an older definition have dropped a field. */
  @Test
  void afterAWhileItIsWrittenAgain() {
    var first = write(view("uid", List.of()), facts(), EARLY);

    assertThat(status.change(view("uid", List.of()), facts(), EARLY.plus(OwnStatus.REPEAT)))
        .contains(first);
  }

  @Test
  void aWatchThatIsBehindDoesNotDateTransitionsAnew() {
    var behind = view("uid", List.of());
    var first = write(behind, facts(), EARLY);
    var second = write(behind, facts("a remark"), LATE);

    assertThat(discovered(second)).isEqualTo(EARLY.toString());
    assertThat(status.change(view("uid", first.conditions()), facts("a remark"), LATE)).isEmpty();
    assertThat(status.change(view("uid", second.conditions()), facts("a remark"), LATE)).isEmpty();
  }

  @Test
  void anotherObjectOfTheSameNameIsDatedByItsOwnConditions() {
    write(view("uid", List.of()), facts(), EARLY);

    var other = status.change(view("another", List.of()), facts(), LATE);

    assertThat(other.map(OwnStatusTest::discovered)).contains(LATE.toString());
  }

  @Test
  void afterTheObjectWasGoneAllIsWritten() {
    write(view("uid", List.of()), facts(), EARLY);
    status.forget();

    assertThat(status.change(view("uid", List.of()), facts(), LATE)).isPresent();
  }

  private VSmmuStatus write(VSmmuView vsmmu, AgentFacts facts, Instant now) {
    var change = status.change(vsmmu, facts, now).orElseThrow();
    status.written(vsmmu, change, now);
    return change;
  }

  private static String discovered(VSmmuStatus of) {
    return ConditionType.Discovered.in(of.conditions()).orElseThrow().getLastTransitionTime();
  }

  private static VSmmuView view(String uid, List<Condition> conditions) {
    return new VSmmuView(uid, new Wish(7, List.of(), false), false, conditions);
  }

  private static AgentFacts facts(String... remarks) {
    return new AgentFacts(
        new NodeReport(
            new Wish(7, List.of(), false),
            NodeTopology.of(List.of(), List.of(), List.of()),
            InventorySnapshot.EMPTY,
            Map.of(),
            Set.of(),
            List.of(remarks)),
        List.of(),
        Collections.emptySortedMap());
  }
}
