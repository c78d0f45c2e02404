package io.vsmmu.hook.plan;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the user wants of the VM's vSMMUs. What is absent is as the hardware has it.
 *
 * @param ats address translation services
 * @param ril range invalidation
 * @param oas output address size, in bits
 * @param ssidsize bits of a substream id (PASID); 0 is none
 * @param cmdqv command queues of the hardware (NVIDIA CMDQV)
 */
public record Overrides(
    @Nullable Boolean ats,
    @Nullable Boolean ril,
    @Nullable Integer oas,
    @Nullable Integer ssidsize,
    @Nullable Boolean cmdqv) {

  public static final Overrides NONE = new Overrides(null, null, null, null, null);

  /** As attributes of an {@code <iommu>}'s {@code <driver>}. */
  Map<String, String> attributes() {
    var attributes = new LinkedHashMap<String, String>();
    put(attributes, "ats", onOff(ats));
    put(attributes, "ril", onOff(ril));
    put(attributes, "ssidsize", ssidsize);
    put(attributes, "oas", oas);
    put(attributes, "cmdqv", onOff(cmdqv));
    return Collections.unmodifiableMap(attributes);
  }

  private static @Nullable String onOff(@Nullable Boolean value) {
    return value == null ? null : value ? "on" : "off";
  }

  private static void put(Map<String, String> attributes, String name, @Nullable Object value) {
    if (value != null) {
      attributes.put(name, value.toString());
    }
  }
}
