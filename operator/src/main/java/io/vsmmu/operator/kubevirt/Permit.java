package io.vsmmu.operator.kubevirt;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * What KubeVirt has to be told so that a virtual machine may have a device of a resource.
 *
 * @param selector {@code vendor:device}, four hexadecimal digits each, in upper case
 * @param resource the extended resource
 */
record Permit(String selector, String resource) implements Comparable<Permit> {

  private static final String SEPARATOR = "=";

  Permit {
    selector = selector.toUpperCase(Locale.ROOT);
  }

  static Permit of(String vendor, String device, String resource) {
    return new Permit(vendor + ":" + device, resource);
  }

  /** Reads what {@link #text} wrote; empty for what it did not. */
  static Optional<Permit> parse(String text) {
    int separator = text.indexOf(SEPARATOR);
    return separator < 0
        ? Optional.empty()
        : Optional.of(new Permit(text.substring(0, separator), text.substring(separator + 1)));
  }

  String text() {
    return selector + SEPARATOR + resource;
  }

  @Override
  public int compareTo(Permit other) {
    return Comparator.comparing(Permit::resource)
        .thenComparing(Permit::selector)
        .compare(this, other);
  }
}
