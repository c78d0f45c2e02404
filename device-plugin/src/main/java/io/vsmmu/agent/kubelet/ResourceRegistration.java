package io.vsmmu.agent.kubelet;

/**
 * How a resource stands with kubelet.
 *
 * @param resource extended resource name
 * @param registered whether kubelet holds an open ListAndWatch stream, without which it takes all
 *     devices for lost
 * @param reason one CamelCase word, fit for conditions
 * @param message the reason in a sentence; empty when registered
 */
public record ResourceRegistration(
    String resource, boolean registered, String reason, String message) {

  static ResourceRegistration registered(String resource) {
    return new ResourceRegistration(resource, true, "Registered", "");
  }

  static ResourceRegistration not(String resource, String reason, String message) {
    return new ResourceRegistration(resource, false, reason, message);
  }
}
