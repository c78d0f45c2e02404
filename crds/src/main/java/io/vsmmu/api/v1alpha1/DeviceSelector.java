package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Matches PCI functions; all the fields that are set must match. Hexadecimal digits are kept in
 * lower case, as sysfs writes them.
 *
 * @param vendor PCI vendor id, four hexadecimal digits
 * @param device PCI device id, four hexadecimal digits
 * @param pciClass PCI base class and subclass, four hexadecimal digits, or six with the programming
 *     interface
 * @param pciAddress the function's address, {@code domain:bus:device.function}
 * @param pfAddress for a virtual function, the address of its physical function
 * @param smmu the physical SMMU's name in {@code /sys/class/iommu}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value =
        "has(self.vendor) || has(self.device) || has(self.class) || has(self.pciAddress)"
            + " || has(self.pfAddress) || has(self.smmu)",
    message =
        "an empty selector would match every device; set vendor, device, class, pciAddress, pfAddress"
            + " or smmu")
@ValidationRule(
    value = "!has(self.device) || has(self.vendor)",
    message = "device ids are the vendor's own; set vendor beside device")
public record DeviceSelector(
    @Pattern(ID) @Size(max = 4) @Nullable String vendor,
    @Pattern(ID) @Size(max = 4) @Nullable String device,
    @JsonProperty("class") @Pattern("^[0-9a-fA-F]{4}([0-9a-fA-F]{2})?$") @Size(max = 6)
        @Nullable String pciClass,
    @Pattern(ADDRESS) @Size(max = 16) @Nullable String pciAddress,
    @Pattern(ADDRESS) @Size(max = 16) @Nullable String pfAddress,
    @Size(min = 1, max = 253) @Nullable String smmu) {

  private static final String ID = "^[0-9a-fA-F]{4}$";
  private static final String ADDRESS = "^[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[01][0-9a-fA-F][.][0-7]$";

  /** Puts hexadecimal digits in lower case. */
  public DeviceSelector {
    vendor = lowerCase(vendor);
    device = lowerCase(device);
    pciClass = lowerCase(pciClass);
    pciAddress = lowerCase(pciAddress);
    pfAddress = lowerCase(pfAddress);
  }

  /** Selects by vendor and device id. */
  public static DeviceSelector ofIds(String vendor, String device) {
    return new DeviceSelector(vendor, device, null, null, null, null);
  }

  /** Selects all devices of a vendor. */
  public static DeviceSelector ofVendor(String vendor) {
    return new DeviceSelector(vendor, null, null, null, null, null);
  }

  private static @Nullable String lowerCase(@Nullable String text) {
    return text == null ? null : text.toLowerCase(Locale.ROOT);
  }
}
