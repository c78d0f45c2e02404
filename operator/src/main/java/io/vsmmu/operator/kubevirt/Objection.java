package io.vsmmu.operator.kubevirt;

/**
 * Something of KubeVirt's configuration that stands in the way.
 *
 * @param reason CamelCase word, part of the API
 * @param message what is so, why it matters, and what to do about it
 */
record Objection(String reason, String message) {}
