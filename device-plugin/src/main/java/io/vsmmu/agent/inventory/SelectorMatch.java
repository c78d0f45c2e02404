package io.vsmmu.agent.inventory;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whether a selector means a function: every field that is set must match. */
final class SelectorMatch {

  private SelectorMatch() {}

  static boolean matches(DeviceSelector selector, PciFunction function) {
    return accepts(selector.vendor(), "%04x".formatted(function.vendor()))
        && accepts(selector.device(), "%04x".formatted(function.device()))
        && selector.acceptsClass(function.classCode())
        && accepts(selector.pciAddress(), function.address().toString())
        && accepts(selector.pfAddress(), Objects.toString(function.physicalFunction()))
        && accepts(selector.smmu(), function.smmu());
  }

  private static boolean accepts(@Nullable String wanted, @Nullable String is) {
    return wanted == null || wanted.equals(is);
  }
}
