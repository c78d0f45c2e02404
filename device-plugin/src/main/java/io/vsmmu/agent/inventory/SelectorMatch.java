package io.vsmmu.agent.inventory;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.LinkedHashMap;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Whether a selector means a function: every field that is set must match. */
final class SelectorMatch {

  private SelectorMatch() {}

  static boolean matches(DeviceSelector selector, PciFunction function) {
    return accepts(selector.vendor(), () -> "%04x".formatted(function.vendor()))
        && accepts(selector.device(), () -> "%04x".formatted(function.device()))
        && selector.acceptsClass(function.classCode())
        && accepts(selector.pciAddress(), () -> function.address().toString())
        && accepts(selector.pfAddress(), () -> Objects.toString(function.physicalFunction(), ""))
        && accepts(selector.smmu(), () -> Objects.toString(function.smmu(), ""));
  }

  /** The selector in the words of the VSmmu. */
  static String describe(DeviceSelector selector) {
    var fields = new LinkedHashMap<String, @Nullable String>();
    fields.put("vendor", selector.vendor());
    fields.put("device", selector.device());
    fields.put("class", selector.pciClass());
    fields.put("pciAddress", selector.pciAddress());
    fields.put("pfAddress", selector.pfAddress());
    fields.put("smmu", selector.smmu());
    return fields.entrySet().stream()
        .filter(field -> field.getValue() != null)
        .map(field -> field.getKey() + ": " + field.getValue())
        .collect(Collectors.joining(", ", "{", "}"));
  }

  /** What a selector does not say is not written out: each is compared with every function. */
  private static boolean accepts(@Nullable String wanted, Supplier<String> is) {
    return wanted == null || wanted.equals(is.get());
  }
}
