package io.vsmmu.api.v1alpha1;

/** Names that operator, agent and manifests agree on. */
public final class Names {

  /** Namespace of operator, agent and the nodes' leases; a lease is named after its node. */
  public static final String NAMESPACE = "vsmmu-system";

  /** Field manager of the operator. */
  public static final String OPERATOR = "vsmmu-operator";

  /** Field manager of the agent. */
  public static final String AGENT = "vsmmu-agent";

  /** Node label, value {@code true}, that lets the agent's DaemonSet onto a node. */
  public static final String NODE_LABEL = "vsmmu.io/node";

  /** DaemonSet and ServiceAccount of the agent. */
  public static final String AGENT_DAEMON_SET = "vsmmu-agent";

  private Names() {}
}
