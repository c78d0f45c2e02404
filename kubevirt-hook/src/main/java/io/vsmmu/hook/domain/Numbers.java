package io.vsmmu.hook.domain;

import io.vsmmu.hook.xml.XmlElement;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Numbers as libvirt reads them: decimal, hexadecimal behind 0x, octal behind 0. */
final class Numbers {

  private static final int MOST_NODES = 1024;

  private Numbers() {}

  /** Null when the attribute is not there. */
  static @Nullable Integer optional(XmlElement element, String attribute, int max)
      throws MalformedDomainException {
    var text = element.attribute(attribute);
    return text == null ? null : parsed(element, attribute, text, max);
  }

  /** Zero when the attribute is not there. */
  static int orZero(XmlElement element, String attribute, int max) throws MalformedDomainException {
    var value = optional(element, attribute, max);
    return value == null ? 0 : value;
  }

  static int parsed(XmlElement element, String what, String text, int max)
      throws MalformedDomainException {
    try {
      int value = Integer.decode(text.strip());
      if (value >= 0 && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Reported below, like a number out of range.
    }
    throw new MalformedDomainException(
        "<%s> has %s='%s', which is no number from 0 to %d"
            .formatted(element.name(), what, text, max));
  }

  /** The nodes of a nodeset such as {@code 0-3,^2,8}. */
  static Set<Integer> nodes(XmlElement element, String nodeset) throws MalformedDomainException {
    var nodes = new TreeSet<Integer>();
    for (var part : nodeset.split(",")) {
      var word = part.strip();
      if (word.startsWith("^")) {
        nodes.remove(parsed(element, "nodeset", word.substring(1), MOST_NODES));
        continue;
      }
      int dash = word.indexOf('-');
      int from = parsed(element, "nodeset", dash < 0 ? word : word.substring(0, dash), MOST_NODES);
      int to = dash < 0 ? from : parsed(element, "nodeset", word.substring(dash + 1), MOST_NODES);
      for (int node = from; node <= to; node++) {
        nodes.add(node);
      }
    }
    return nodes;
  }
}
