package io.vsmmu.agent.status;

import io.vsmmu.agent.allocation.Allocation;
import io.vsmmu.agent.allocation.AllocationState;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.status.AgentFacts.Registration;
import io.vsmmu.iommufd.topology.PciAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A change on the node that somebody will ask for later, as an Event tells it.
 *
 * @param warning whether it is trouble
 * @param reason one CamelCase word
 * @param action what the agent did or saw, one CamelCase word
 * @param note a sentence
 */
record Transition(boolean warning, String reason, String action, String note) {

  /**
   * What happened between two looks. The first look of an agent tells nothing: what it finds was
   * there before.
   */
  static List<Transition> between(@Nullable AgentFacts before, AgentFacts now) {
    if (before == null) {
      return List.of();
    }
    var transitions = new ArrayList<Transition>();
    devices(before, now, transitions);
    registrations(before, now, transitions);
    allocations(before, now, transitions);
    return transitions;
  }

  private static void devices(AgentFacts before, AgentFacts now, List<Transition> transitions) {
    Map<PciAddress, Device> formers = devices(before);
    Map<PciAddress, Device> present = devices(now);
    formers.forEach((address, former) -> {
      if (usable(former)
          && !present.containsKey(address)
          && now.report().topology().function(address).isEmpty()) {
        transitions.add(gone(former));
      }
    });
    for (var device : now.report().inventory().devices()) {
      var address = device.functions().getFirst();
      var former = formers.get(address);
      if (former == null
          && usable(device)
          && before.report().wish().equals(now.report().wish())
          && before.report().topology().function(address).isEmpty()) {
        transitions.add(come(device));
        continue;
      }
      if (former == null || usable(former) == usable(device) || dryRunChanged(before, now)) {
        continue;
      }
      transitions.add(
          usable(device)
              ? new Transition(
                  false,
                  "DeviceRecovered",
                  "Probe",
                  "%s of %s can be used again".formatted(device.id(), device.resource()))
              : new Transition(
                  true,
                  device.reason(),
                  "Probe",
                  "%s of %s cannot be used: %s"
                      .formatted(device.id(), device.resource(), device.message())));
    }
  }

  /** Then it was the spec that made all devices unusable, or usable: nothing befell them. */
  private static boolean dryRunChanged(AgentFacts before, AgentFacts now) {
    return before.report().wish().dryRun() != now.report().wish().dryRun();
  }

  private static Map<PciAddress, Device> devices(AgentFacts facts) {
    return facts.report().inventory().devices().stream()
        .collect(
            Collectors.toMap(
                device -> device.functions().getFirst(),
                each -> each,
                (one, _) -> one,
                LinkedHashMap::new));
  }

  private static Transition gone(Device device) {
    return new Transition(
        true,
        "Vanished",
        "Discover",
        "%s of %s is gone from the PCI bus".formatted(device.id(), device.resource()));
  }

  private static Transition come(Device device) {
    return new Transition(
        false,
        "DeviceAppeared",
        "Discover",
        "%s of %s is on the PCI bus and can be used".formatted(device.id(), device.resource()));
  }

  private static boolean usable(Device device) {
    return device.state() == DeviceState.AVAILABLE || device.state() == DeviceState.ALLOCATED;
  }

  private static void registrations(
      AgentFacts before, AgentFacts now, List<Transition> transitions) {
    now.registrations()
        .forEach((resource, registration) -> {
          var former = before.registrations().get(resource);
          boolean was = former != null && former.registered();
          if (was != registration.registered()) {
            transitions.add(registration(resource, registration));
          }
        });
  }

  private static Transition registration(String resource, Registration registration) {
    return registration.registered()
        ? new Transition(
            false, "Registered", "Register", "kubelet follows the devices of " + resource)
        : new Transition(
            true, registration.reason(), "Register", resource + ": " + registration.message());
  }

  private static void allocations(AgentFacts before, AgentFacts now, List<Transition> transitions) {
    Map<String, Allocation> former =
        before.allocations().stream().collect(Collectors.toMap(Allocation::id, each -> each));
    for (var allocation : now.allocations()) {
      var was = former.get(allocation.id());
      if (allocation.state() == AllocationState.HANDED_OFF
          && (was == null || was.state() == AllocationState.PREPARED)) {
        transitions.add(
            new Transition(
                false,
                "HandedOff",
                "HandOff",
                "%s of %s went to %s"
                    .formatted(sorted(allocation), allocation.resource(), user(allocation))));
      }
    }
    for (var allocation : before.allocations()) {
      if (now.allocations().stream().noneMatch(each -> each.id().equals(allocation.id()))) {
        transitions.add(
            new Transition(
                false,
                "Released",
                "Release",
                "%s of %s came back from %s"
                    .formatted(sorted(allocation), allocation.resource(), user(allocation))));
      }
    }
  }

  private static List<String> sorted(Allocation allocation) {
    return allocation.deviceIds().stream().sorted().toList();
  }

  private static String user(Allocation allocation) {
    var container = allocation.container();
    return container == null
        ? "a pod that never collected them"
        : "pod %s/%s".formatted(container.namespace(), container.pod());
  }
}
