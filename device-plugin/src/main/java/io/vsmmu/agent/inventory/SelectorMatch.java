package io.vsmmu.agent.inventory;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whether a selector means a function: every field that is set must match. */
final class SelectorMatch {

  private static final int CLASS_WITH_INTERFACE = 6;

  private SelectorMatch() {}

  static boolean matches(DeviceSelector selector, PciFunction function) {
    return accepts(selector.vendor(), "%04x".formatted(function.vendor()))
        && accepts(selector.device(), "%04x".formatted(function.device()))
        && acceptsClass(selector.pciClass(), function)
        && accepts(selector.pciAddress(), function.address().toString())
        && accepts(selector.pfAddress(), Objects.toString(function.physicalFunction()))
        && accepts(selector.smmu(), function.smmu());
  }

  private static boolean acceptsClass(@Nullable String wanted, PciFunction function) {
    return wanted == null
        || accepts(
            wanted,
            wanted.length() == CLASS_WITH_INTERFACE
                ? "%06x".formatted(function.classCode())
                : "%04x".formatted(function.baseClassAndSubclass()));
  }

  private static boolean accepts(@Nullable String wanted, @Nullable String is) {
    return wanted == null || wanted.equals(is);
  }
}
