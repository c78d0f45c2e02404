package io.vsmmu.operator.kubevirt;

import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * An entry of KubeVirt's list {@code pciHostDevices}.
 *
 * @param fields all of them, so that what others wrote stays as it is, known here or not
 */
record PciHostDevice(Map<String, Object> fields) {

  private static final String SELECTOR = "pciVendorSelector";
  private static final String RESOURCE = "resourceName";
  private static final String EXTERNAL = "externalResourceProvider";
  private static final Pattern EXACT = Pattern.compile("[0-9A-F]{4}:[0-9A-F]{4}");

  PciHostDevice {
    fields = Map.copyOf(fields);
  }

  /** The entry that lets virtual machines have a resource that our agent provides. */
  static PciHostDevice of(Permit permit) {
    return new PciHostDevice(
        Map.of(SELECTOR, permit.selector(), RESOURCE, permit.resource(), EXTERNAL, true));
  }

  Permit permit() {
    return new Permit(text(SELECTOR), text(RESOURCE));
  }

  /** Whether the devices come from a device plugin other than KubeVirt's own. */
  boolean isExternal() {
    return Boolean.TRUE.equals(fields.get(EXTERNAL));
  }

  /** Whether the selector names one device id rather than a pattern. */
  boolean isExact() {
    return EXACT.matcher(permit().selector()).matches();
  }

  private String text(String field) {
    return Objects.toString(fields.get(field), "");
  }
}
