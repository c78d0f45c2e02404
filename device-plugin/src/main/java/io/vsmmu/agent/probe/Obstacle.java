package io.vsmmu.agent.probe;

/**
 * Why something cannot be used.
 *
 * @param reason one CamelCase word, fit for conditions
 * @param message the cause and its cure in a sentence
 */
public record Obstacle(String reason, String message) {}
