package io.vsmmu.agent.probe;

import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import org.jspecify.annotations.Nullable;

/**
 * What was found out about a physical SMMU through one of its devices.
 *
 * @param smmu its name
 * @param obstacle why a guest's tables cannot be nested on it; absent when they can
 * @param capabilities its registers, as far as the kernel tells them
 * @param passing whether the obstacle may go away by itself, so that asking again is worth it
 */
public record SmmuReport(
    String smmu,
    @Nullable Obstacle obstacle,
    @Nullable SmmuCapabilities capabilities,
    boolean passing) {

  /** What holds for as long as the kernel runs. */
  public SmmuReport(
      String smmu, @Nullable Obstacle obstacle, @Nullable SmmuCapabilities capabilities) {
    this(smmu, obstacle, capabilities, false);
  }

  /** Whether a whole vIOMMU with its proxies could be made on it. */
  public boolean nesting() {
    return obstacle == null;
  }
}
