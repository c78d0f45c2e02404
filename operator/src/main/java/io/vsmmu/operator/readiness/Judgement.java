package io.vsmmu.operator.readiness;

import io.vsmmu.api.v1alpha1.ConditionType;

/**
 * A condition as it should be.
 *
 * @param type which
 * @param holds its status: True or False
 * @param reason CamelCase word, part of the API
 * @param message for people: what is so, why, and what to do about it
 */
public record Judgement(ConditionType type, boolean holds, String reason, String message) {}
