package io.vsmmu.operator.webhook;

import static java.util.stream.Collectors.joining;

import java.util.Set;
import java.util.TreeSet;

/**
 * Which virtual machines the API server asks about, in its expression language (CEL): those with a
 * host device or GPU of one of these resources that did not opt out. It asks about no others, so
 * that they are created also while the operator is away.
 *
 * @param resources names of extended resources
 */
record Interest(Set<String> resources) {

  static final String NAMES_OUR_RESOURCES = "names-our-resources";
  static final String NOT_OPTED_OUT = "not-opted-out";

  private static final String DEVICES = "object.spec.domain.devices";

  Interest {
    resources = Set.copyOf(resources);
  }

  /** Whether one of the devices is ours. */
  String namesOurResources() {
    String names =
        new TreeSet<>(resources).stream().map(name -> "'" + name + "'").collect(joining(", "));
    return "has(object.spec) && has(object.spec.domain) && has(%1$s) && (%2$s || %3$s)"
        .formatted(DEVICES, anyOf("hostDevices", names), anyOf("gpus", names));
  }

  /** Whether the virtual machine lets us. */
  String notOptedOut() {
    return "!has(object.metadata.annotations) || !('%1$s' in object.metadata.annotations)"
            .formatted(Admission.GUEST_TOPOLOGY)
        + " || object.metadata.annotations['%s'] != '%s'"
            .formatted(Admission.GUEST_TOPOLOGY, Admission.UNMANAGED);
  }

  private static String anyOf(String list, String names) {
    return "has(%1$s.%2$s) && %1$s.%2$s.exists(d, has(d.deviceName) && d.deviceName in [%3$s])"
        .formatted(DEVICES, list, names);
  }
}
