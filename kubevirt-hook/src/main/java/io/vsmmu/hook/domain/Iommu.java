package io.vsmmu.hook.domain;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An {@code <iommu>}.
 *
 * @param model {@code smmuv3}, {@code virtio}, …
 * @param pciBus index of the root or expander that it translates for; absent when for the machine
 * @param driver the attributes of its {@code <driver>}
 */
public record Iommu(String model, @Nullable Integer pciBus, Map<String, String> driver) {

  public static final String SMMUV3 = "smmuv3";

  public Iommu {
    driver = Map.copyOf(driver);
  }

  /** Whether it is one of the vSMMUs that serve one bus each. */
  public boolean isPerBus() {
    return model.equals(SMMUV3) && pciBus != null;
  }

  /** Whether it uses the host's SMMU. */
  public boolean accelerated() {
    return "on".equals(driver.get("accel"));
  }
}
