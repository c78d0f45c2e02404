package io.vsmmu.operator.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeSystemInfo;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What of a Node matters here.
 *
 * @param allocatable amount by extended resource, as the kubelet reports it; others are left out
 * @param trouble what the Node's condition {@code Ready} says, if it is there and not true
 * @param architecture as Go names it: {@code arm64}, {@code amd64}
 * @param bootId of the boot that the kubelet reports from
 */
public record NodeView(
    Map<String, Long> allocatable,
    Optional<String> trouble,
    Optional<String> architecture,
    Optional<String> bootId) {

  /** Reads a Node. */
  public static NodeView of(Node node) {
    Optional<NodeStatus> status = Optional.ofNullable(node.getStatus());
    Optional<NodeSystemInfo> system = status.map(NodeStatus::getNodeInfo);
    return new NodeView(
        status.map(NodeStatus::getAllocatable).map(NodeView::extended).orElse(Map.of()),
        status.flatMap(NodeView::trouble),
        system.map(NodeSystemInfo::getArchitecture).filter(text -> !text.isEmpty()),
        system.map(NodeSystemInfo::getBootID).filter(text -> !text.isEmpty()));
  }

  private static Map<String, Long> extended(Map<String, Quantity> allocatable) {
    return allocatable.entrySet().stream()
        .filter(resource -> resource.getKey().contains("/"))
        .collect(
            Collectors.toUnmodifiableMap(
                Map.Entry::getKey,
                resource -> resource.getValue().getNumericalAmount().longValue()));
  }

  private static Optional<String> trouble(NodeStatus status) {
    return status.getConditions().stream()
        .filter(condition ->
            "Ready".equals(condition.getType()) && !"True".equals(condition.getStatus()))
        .map(NodeView::describe)
        .findFirst();
  }

  private static String describe(NodeCondition condition) {
    return "%s, %s"
        .formatted(
            condition.getStatus(),
            Optional.ofNullable(condition.getMessage())
                .or(() -> Optional.ofNullable(condition.getReason()))
                .orElse("nobody says why"));
  }
}
