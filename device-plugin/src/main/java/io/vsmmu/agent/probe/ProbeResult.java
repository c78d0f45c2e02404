package io.vsmmu.agent.probe;

import org.jspecify.annotations.Nullable;

/**
 * What was found out about a device.
 *
 * @param obstacle why it cannot be used; absent when it can be bound to a context and reset
 * @param smmu what was found out about its SMMU; absent when the device could not be bound, or that
 *     was not asked
 */
public record ProbeResult(@Nullable Obstacle obstacle, @Nullable SmmuReport smmu) {}
