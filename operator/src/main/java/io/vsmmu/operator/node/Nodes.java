package io.vsmmu.operator.node;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.operator.cache.PrunedStore;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Watches the nodes and keeps our label on those that a VSmmu names. */
public final class Nodes {

  private static final String LABELLED = "true";

  private Nodes() {}

  /** Events for nodes that come, go, lose our label or change what they offer. */
  public static EventSource<Node, VSmmu> eventSource(EventSourceContext<VSmmu> context) {
    return new InformerEventSource<>(
        InformerEventSourceConfiguration.from(Node.class, VSmmu.class)
            .withSecondaryToPrimaryMapper(
                node -> Set.of(new ResourceID(node.getMetadata().getName())))
            .withOnUpdateFilter(Nodes::matters)
            .withItemStore(new NodeStore())
            .withInformerListLimit(PrunedStore.PAGE)
            .build(),
        context);
  }

  /** The Node that the VSmmu is named after. */
  public static Optional<Node> of(Context<VSmmu> context) {
    return context.getSecondaryResource(Node.class);
  }

  /** Puts our label on the node, if it is not there. */
  public static void label(Node node, Context<VSmmu> context) {
    if (!isLabelled(node)) {
      context.resourceOperations().serverSideApply(owned(node, Map.of(Names.NODE_LABEL, LABELLED)));
    }
  }

  /** Takes our label off the node. */
  public static void unlabel(Node node, Context<VSmmu> context) {
    if (isLabelled(node)) {
      context.resourceOperations().serverSideApply(owned(node, Map.of()));
    }
  }

  /** With the uid, a node that has just been deleted is not made anew by the apply. */
  private static Node owned(Node node, Map<String, String> labels) {
    return new NodeBuilder()
        .withNewMetadata()
        .withName(node.getMetadata().getName())
        .withUid(node.getMetadata().getUid())
        .withLabels(labels)
        .endMetadata()
        .build();
  }

  private static boolean isLabelled(Node node) {
    Map<String, String> labels = node.getMetadata().getLabels();
    return labels != null && LABELLED.equals(labels.get(Names.NODE_LABEL));
  }

  private static boolean matters(Node now, Node before) {
    return isLabelled(now) != isLabelled(before) || !NodeView.of(now).equals(NodeView.of(before));
  }
}
