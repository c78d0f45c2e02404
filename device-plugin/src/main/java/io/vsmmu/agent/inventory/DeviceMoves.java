package io.vsmmu.agent.inventory;

import io.vsmmu.agent.binding.Binder;
import io.vsmmu.agent.binding.BindingException;
import io.vsmmu.agent.binding.Refusals;
import io.vsmmu.agent.inventory.DeviceClaims.Purpose;
import io.vsmmu.agent.inventory.Selection.Unit;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.Prober;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Moves devices onto VFIO and back: each whole or not at all, under a claim, and none that somebody
 * has open. For one thread.
 */
final class DeviceMoves {

  private final Path sysfs;
  private final Binder binder;
  private final Prober prober;
  private final DeviceClaims claims;

  /** Binds that the kernel refused; to try again would take the device from its driver again. */
  private final Map<PciAddress, RefusedBind> refused = new HashMap<>();

  private record RefusedBind(Wish wish, Obstacle obstacle) {}

  /** What came from a driver of the host at the present look. */
  private final Set<PciAddress> taken = new HashSet<>();

  /** What is in the way, as of the present look; absent until somebody asks. */
  private @Nullable Refusals refusals;

  DeviceMoves(Path sysfs, Binder binder, Prober prober, DeviceClaims claims) {
    this.sysfs = sysfs;
    this.binder = binder;
    this.prober = prober;
    this.claims = claims;
  }

  /**
   * Begins a look: what the host uses is looked up anew, once for all devices, and what is gone
   * from the bus was not refused if it comes back.
   */
  void look(NodeTopology topology) {
    refusals = null;
    taken.clear();
    refused.keySet().removeIf(address -> topology.function(address).isEmpty());
  }

  /**
   * Brings all functions of a device onto the driver that its resource asks for.
   *
   * @param followed the wish; what was refused is not tried again for the same
   * @param trouble told what is in the way
   * @return whether any function may have moved
   */
  boolean bind(Wish followed, Unit unit, Consumer<Obstacle> trouble) {
    var driver = unit.resource().driver();
    var missing =
        unit.functions().stream().filter(function -> !driver.equals(function.driver())).toList();
    if (missing.isEmpty()) {
      return false;
    }
    var earlier = refused.get(unit.first().address());
    if (earlier != null && earlier.wish().equals(followed)) {
      trouble.accept(earlier.obstacle());
      return false;
    }
    var useless = prober.contextsMissing();
    if (useless.isPresent()) {
      trouble.accept(useless.get());
      return false;
    }
    var addresses = unit.functions().stream().map(PciFunction::address).toList();
    var claim = claims.tryClaim(addresses, Purpose.MAINTENANCE, "binding");
    if (claim.isEmpty()) {
      return false;
    }
    try (var _ = claim.get()) {
      // Before the first moves: it would come back when another is refused, and that at every look.
      var refusal =
          missing.stream()
              .flatMap(function -> refusals().of(function, driver).stream())
              .findFirst();
      if (refusal.isPresent()) {
        trouble.accept(new Obstacle(refusal.get().reason(), message(refusal.get())));
        return false;
      }
      // To ask binds, and resets, the device: not one that others put on VFIO, which stays there.
      var ours = binder.boundByUs();
      var busy =
          missing.stream()
              .filter(function -> ours.contains(function.address()))
              .flatMap(function -> prober.busy(function).stream())
              .findFirst();
      if (busy.isPresent()) {
        trouble.accept(busy.get());
        return false;
      }
      bindAll(missing, driver);
      missing.stream()
          .filter(function -> !function.onVfio())
          .forEach(function -> taken.add(function.address()));
    } catch (BindingException e) {
      var obstacle = new Obstacle(e.reason(), message(e));
      if (e.disturbing()) {
        refused.put(unit.first().address(), new RefusedBind(followed, obstacle));
      }
      trouble.accept(obstacle);
    }
    return true;
  }

  /**
   * Takes back a move of the present look, after which the device turned out to be of no use:
   * nobody can have opened it yet. Later nobody could tell one that can never be bound from one
   * that a process has open, and it would never be given back. No-op for a device that was not
   * moved.
   *
   * @param followed the wish; the device is not moved again for the same
   * @param trouble told what keeps it from going back
   */
  void undo(Wish followed, Unit unit, Obstacle useless, Consumer<Obstacle> trouble) {
    var addresses = unit.functions().stream().map(PciFunction::address).toList();
    if (!taken.containsAll(addresses)) {
      return;
    }
    var claim = claims.tryClaim(addresses, Purpose.MAINTENANCE, "giving back");
    if (claim.isEmpty()) {
      return;
    }
    refused.put(unit.first().address(), new RefusedBind(followed, useless));
    try (var _ = claim.get()) {
      for (var address : addresses.reversed()) {
        binder.giveBack(address);
      }
    } catch (BindingException e) {
      trouble.accept(new Obstacle(useless.reason(), useless.message() + "; " + message(e)));
    }
  }

  private Refusals refusals() {
    var known = refusals;
    if (known == null) {
      known = binder.refusals();
      refusals = known;
    }
    return known;
  }

  /** Binds all or, when one is refused, none: the others are then where they were. */
  private void bindAll(List<PciFunction> functions, String driver) throws BindingException {
    var done = new ArrayList<PciFunction>();
    try {
      for (var function : functions) {
        binder.bind(function, driver);
        done.add(function);
      }
    } catch (BindingException e) {
      for (var function : done.reversed()) {
        try {
          putBack(function);
        } catch (BindingException again) {
          e.addSuppressed(again);
        }
      }
      throw e;
    }
  }

  /** To the VFIO driver that we had brought it to before, or to the host. */
  private void putBack(PciFunction before) throws BindingException {
    var driver = before.driver();
    var now = SysfsTopology.readFunction(sysfs, before.address());
    if (driver != null && before.onVfio() && now.isPresent()) {
      binder.bind(now.get(), driver);
    } else {
      binder.giveBack(before.address());
    }
  }

  /**
   * Gives a function back to the driver that it was taken from.
   *
   * @param remark told why it is not given back
   * @return whether it may have moved
   */
  boolean giveBack(PciAddress address, Consumer<String> remark) {
    var claim = claims.tryClaim(Set.of(address), Purpose.MAINTENANCE, "giving back");
    if (claim.isEmpty()) {
      return false;
    }
    try (var _ = claim.get()) {
      var busy = SysfsTopology.readFunction(sysfs, address).flatMap(prober::busy);
      if (busy.isPresent()) {
        remark.accept("%s is not given back yet: %s".formatted(address, busy.get().message()));
        return false;
      }
      binder.giveBack(address);
    } catch (BindingException e) {
      remark.accept(message(e));
    }
    return true;
  }

  /** With what kept a function from going back to where it was. */
  private static String message(BindingException e) {
    return Stream.concat(Stream.of(e), Arrays.stream(e.getSuppressed()))
        .map(failure -> String.valueOf(failure.getMessage()))
        .collect(Collectors.joining("; and that could not be undone: "));
  }
}
