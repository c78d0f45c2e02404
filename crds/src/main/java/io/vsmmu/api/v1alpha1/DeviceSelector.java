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
 * @param pciClass PCI class: two hexadecimal digits for the base class, four with the subclass, six
 *     with the programming interface; after a slash, a mask of as many digits says which bits
 *     count, so that {@code 0300/fffd} means both VGA and 3D controllers
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
    @JsonProperty("class") @Pattern(CLASS) @Size(max = 13) @Nullable String pciClass,
    @Pattern(ADDRESS) @Size(max = 16) @Nullable String pciAddress,
    @Pattern(ADDRESS) @Size(max = 16) @Nullable String pfAddress,
    @Size(min = 1, max = 253) @Nullable String smmu) {

  private static final int HEX = 16;
  private static final int HEX_DIGIT_BITS = 4;
  private static final int CLASS_DIGITS = 6;
  private static final String ID = "^[0-9a-fA-F]{4}$";
  private static final String CLASS =
      "^([0-9a-fA-F]{2}(/[0-9a-fA-F]{2})?|[0-9a-fA-F]{4}(/[0-9a-fA-F]{4})?"
          + "|[0-9a-fA-F]{6}(/[0-9a-fA-F]{6})?)$";
  private static final String ADDRESS = "^[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[01][0-9a-fA-F][.][0-7]$";

  /** Puts hexadecimal digits in lower case. */
  public DeviceSelector {
    vendor = lowerCase(vendor);
    device = lowerCase(device);
    pciClass = lowerCase(pciClass);
    pciAddress = lowerCase(pciAddress);
    pfAddress = lowerCase(pfAddress);
  }

  /**
   * Whether {@code class} is absent or means this class.
   *
   * @param classCode 24 bits, as in {@code /sys/bus/pci/devices/ADDRESS/class}
   */
  public boolean acceptsClass(int classCode) {
    if (pciClass == null) {
      return true;
    }
    String[] parts = pciClass.split("/", -1);
    int digits = parts[0].length();
    int unsaid = HEX_DIGIT_BITS * (CLASS_DIGITS - digits);
    int wanted = Integer.parseInt(parts[0], HEX);
    int mask = parts.length == 1 ? -1 : Integer.parseInt(parts[1], HEX);
    return ((classCode >>> unsaid) & mask) == (wanted & mask);
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
