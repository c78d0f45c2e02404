package io.vsmmu.operator.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.operator.cache.PrunedStore;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps of each Node what {@link NodeView} and the label need. A whole Node is tens of kilobytes,
 * nearly all of it image names and managed fields.
 */
final class NodeStore extends PrunedStore<Node> {

  NodeStore() {
    super(NodeStore::pruned);
  }

  static Node pruned(Node node) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(node.getMetadata().getName())
        .withUid(node.getMetadata().getUid())
        .withResourceVersion(node.getMetadata().getResourceVersion())
        .withLabels(ourLabel(node.getMetadata().getLabels()))
        .endMetadata()
        .withStatus(pruned(node.getStatus()))
        .build();
  }

  private static Map<String, String> ourLabel(@Nullable Map<String, String> labels) {
    String value = labels == null ? null : labels.get(Names.NODE_LABEL);
    return value == null ? Map.of() : Map.of(Names.NODE_LABEL, value);
  }

  private static @Nullable NodeStatus pruned(@Nullable NodeStatus status) {
    if (status == null) {
      return null;
    }
    NodeStatusBuilder kept =
        new NodeStatusBuilder()
            .withAllocatable(extended(status.getAllocatable()))
            .withConditions(ready(status.getConditions()));
    if (status.getNodeInfo() != null) {
      kept.withNewNodeInfo()
          .withArchitecture(status.getNodeInfo().getArchitecture())
          .withBootID(status.getNodeInfo().getBootID())
          .endNodeInfo();
    }
    return kept.build();
  }

  private static @Nullable Map<String, Quantity> extended(
      @Nullable Map<String, Quantity> allocatable) {
    return allocatable == null
        ? null
        : allocatable.entrySet().stream()
            .filter(resource -> resource.getKey().contains("/"))
            .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static List<NodeCondition> ready(List<NodeCondition> conditions) {
    return conditions.stream().filter(condition -> "Ready".equals(condition.getType())).toList();
  }
}
