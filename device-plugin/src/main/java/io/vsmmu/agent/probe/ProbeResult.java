package io.vsmmu.agent.probe;

import org.jspecify.annotations.Nullable;

/**
 * What was found out about a device.
 *
 * @param obstacle why it cannot be used; absent when it can be bound to a context and reset
 * @param smmu what was found out about its SMMU; absent when the device could not be bound, or that
 *     was not asked
 * @param lasting whether the obstacle stays for as long as the kernel runs, if nobody else has the
 *     device or its group: interrupts that are not isolated, an SMMU that is not coherent
 */
public record ProbeResult(@Nullable Obstacle obstacle, @Nullable SmmuReport smmu, boolean lasting) {

  /** With an obstacle, if any, that may go away. */
  public ProbeResult(@Nullable Obstacle obstacle, @Nullable SmmuReport smmu) {
    this(obstacle, smmu, false);
  }
}
