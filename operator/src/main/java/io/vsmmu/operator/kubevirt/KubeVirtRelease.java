package io.vsmmu.operator.kubevirt;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A release of KubeVirt, as far as it decides what KubeVirt can do.
 *
 * @param major first number
 * @param minor second number
 */
record KubeVirtRelease(int major, int minor) {

  /** The first whose virt-launcher takes an iommufd context from a socket. */
  static final KubeVirtRelease WITH_IOMMUFD_SOCKET = new KubeVirtRelease(1, 9);

  private static final Pattern FORM = Pattern.compile("v?([0-9]{1,4})[.]([0-9]{1,4})([.+-].*)?");

  /** Reads {@code v1.9.0} and the like; nothing for a build that bears no release's number. */
  static Optional<KubeVirtRelease> parse(String version) {
    Matcher form = FORM.matcher(version);
    return form.matches()
        ? Optional.of(
            new KubeVirtRelease(Integer.parseInt(form.group(1)), Integer.parseInt(form.group(2))))
        : Optional.empty();
  }

  boolean isBefore(KubeVirtRelease other) {
    return major != other.major ? major < other.major : minor < other.minor;
  }
}
