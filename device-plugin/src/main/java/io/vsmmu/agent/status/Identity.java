package io.vsmmu.agent.status;

import io.vsmmu.api.v1alpha1.NodeStatus;

/**
 * What does not change while the agent runs.
 *
 * @param version the agent's
 * @param node the machine
 */
public record Identity(String version, NodeStatus node) {

  /**
   * This machine.
   *
   * @param bootId {@code /proc/sys/kernel/random/boot_id}
   */
  public static Identity ofThisMachine(String bootId) {
    var version = Identity.class.getPackage().getImplementationVersion();
    return new Identity(
        version == null ? "unpackaged" : version,
        new NodeStatus(architecture(), System.getProperty("os.version"), bootId));
  }

  /** As {@code uname -m} says it; Java has a word of its own for x86-64. */
  private static String architecture() {
    var java = System.getProperty("os.arch");
    return java.equals("amd64") ? "x86_64" : java;
  }
}
