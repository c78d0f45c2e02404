package io.vsmmu.iommufd.topology;

import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The address of a PCI function, as Linux writes it: {@code 0000:09:00.0}. Ordered by domain, bus,
 * device and function.
 *
 * @param domain PCI segment, 0 to 0xffffffff (bridges such as VMD number theirs above 0xffff)
 * @param bus 0 to 0xff
 * @param device 0 to 0x1f
 * @param function 0 to 7
 */
public record PciAddress(long domain, int bus, int device, int function)
    implements Comparable<PciAddress> {

  private static final Pattern FORM =
      Pattern.compile("([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])\\.([0-7])");

  private static final HexFormat HEX = HexFormat.of();

  private static final Comparator<PciAddress> ORDER =
      Comparator.comparingLong(PciAddress::domain)
          .thenComparingInt(PciAddress::bus)
          .thenComparingInt(PciAddress::device)
          .thenComparingInt(PciAddress::function);

  /** Reads the form that sysfs uses for folder names; empty when {@code text} is not one. */
  public static Optional<PciAddress> tryParse(String text) {
    var form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new PciAddress(
            Long.parseLong(form.group(1), 16),
            Integer.parseInt(form.group(2), 16),
            Integer.parseInt(form.group(3), 16),
            Integer.parseInt(form.group(4), 16)));
  }

  /**
   * As {@link #tryParse}.
   *
   * @throws IllegalArgumentException when {@code text} is no full PCI address
   */
  public static PciAddress parse(String text) {
    return tryParse(text)
        .orElseThrow(() ->
            new IllegalArgumentException(
                "'" + text + "' is no PCI address; write it in full, like 0000:09:00.0"));
  }

  @Override
  public int compareTo(PciAddress other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    // Not by a format: a node has thousands, and each is written many times.
    var segment = Long.toHexString(domain);
    return "0".repeat(Math.max(0, 4 - segment.length()))
        + segment
        + ':'
        + HEX.toHexDigits((byte) bus)
        + ':'
        + HEX.toHexDigits((byte) device)
        + '.'
        + function;
  }
}
