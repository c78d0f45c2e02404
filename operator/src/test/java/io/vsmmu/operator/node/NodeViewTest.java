package io.vsmmu.operator.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeConditionBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NodeViewTest {

  @Test
  void aNodeThatIsReadyHasNoTrouble() {
    assertThat(NodeView.of(node("True", "KubeletReady", "posting")).trouble()).isEmpty();
  }

  @Test
  void troubleIsToldByTheMessageOrElseTheReason() {
    assertThat(NodeView.of(node("Unknown", "NodeStatusUnknown", "stopped posting")).trouble())
        .contains("Unknown, stopped posting");
    assertThat(NodeView.of(node("Unknown", "NodeStatusUnknown", null)).trouble())
        .contains("Unknown, NodeStatusUnknown");
    assertThat(NodeView.of(node("False", null, null)).trouble()).contains("False, nobody says why");
  }

  private static Node node(String ready, @Nullable String reason, @Nullable String message) {
    return new NodeBuilder()
        .withNewStatus()
        .withConditions(
            new NodeConditionBuilder()
                .withType("Ready")
                .withStatus(ready)
                .withReason(reason)
                .withMessage(message)
                .build())
        .endStatus()
        .build();
  }
}
