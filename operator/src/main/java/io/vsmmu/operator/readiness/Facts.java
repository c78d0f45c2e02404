package io.vsmmu.operator.readiness;

import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.agent.Heartbeat;
import io.vsmmu.operator.node.NodeView;
import java.util.Optional;

/**
 * All that is known about a VSmmu when it is judged.
 *
 * @param spec the wish
 * @param generation of the wish
 * @param status what the agent reported, and what the operator wrote before
 * @param node the Node, if there is one
 * @param heartbeat of the agent on it
 */
public record Facts(
    VSmmuSpec spec,
    long generation,
    VSmmuStatus status,
    Optional<NodeView> node,
    Heartbeat heartbeat) {

  /** The node's architecture where it is known and cannot have Arm's SMMUs. */
  Optional<String> foreignArchitecture() {
    return node.flatMap(NodeView::architecture).filter(name -> !name.equals("arm64"));
  }

  /** Why nesting cannot be had on the node, to be put behind a message; mostly empty. */
  String architectureRemark() {
    return foreignArchitecture()
        .map(name ->
            "; node %s is %s, and only Arm's SMMUv3 can nest: there, devices can be had with"
                    .formatted(spec.nodeName(), name)
                + " nesting: Preferred")
        .orElse("");
  }

  /** The command that shows how the agent on the node fares. */
  String agentPodCommand() {
    return "kubectl -n vsmmu-system get pods -o wide --field-selector spec.nodeName="
        + spec.nodeName();
  }
}
