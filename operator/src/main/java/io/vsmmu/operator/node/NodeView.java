package io.vsmmu.operator.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What of a Node matters here.
 *
 * @param allocatable amount by extended resource, as the kubelet reports it; others are left out
 */
public record NodeView(Map<String, Long> allocatable) {

  /** Reads a Node. */
  public static NodeView of(Node node) {
    return new NodeView(
        allocatable(node).entrySet().stream()
            .filter(resource -> resource.getKey().contains("/"))
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey,
                    resource -> resource.getValue().getNumericalAmount().longValue())));
  }

  private static Map<String, Quantity> allocatable(Node node) {
    return node.getStatus() == null || node.getStatus().getAllocatable() == null
        ? Map.of()
        : node.getStatus().getAllocatable();
  }
}
