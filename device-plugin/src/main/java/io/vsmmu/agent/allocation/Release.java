package io.vsmmu.agent.allocation;

import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.agent.probe.ConfigSpace;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.agent.probe.Prober;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends allocations that are over. */
final class Release {

  private static final Logger LOG = LoggerFactory.getLogger(Release.class);

  private final Path sysfs;
  private final NodeInventory inventory;
  private final Prober prober;
  private final AllocationLedger ledger;
  private final HandoffPoints points;
  private final DeviceNodes nodes;

  Release(
      Surroundings surroundings, AllocationLedger ledger, HandoffPoints points, DeviceNodes nodes) {
    this.sysfs = surroundings.sysfs();
    this.inventory = surroundings.inventory();
    this.prober = new Prober(surroundings.kernel(), surroundings.dev(), surroundings.sysfs());
    this.ledger = ledger;
    this.points = points;
    this.nodes = nodes;
  }

  /**
   * Gives everything back that an allocation had, unless a process still has a device of it open.
   * Binds each for a moment: ask only about an allocation that nobody may collect any more. When
   * another thread was first, the devices may be somebody else's by now and are left alone.
   *
   * @return what is still open; null when all was given back
   */
  @Nullable Obstacle tryFinish(LiveAllocation over) {
    over.closing().lock();
    try {
      if (over.isForgotten()) {
        return null;
      }
      var busy = busy(over);
      if (busy == null) {
        finish(over);
      }
      return busy;
    } finally {
      over.closing().unlock();
    }
  }

  /** Which of its devices a process still has open; null when none. */
  private @Nullable Obstacle busy(LiveAllocation over) {
    if (over.isServing()) {
      points.close(over.id());
      return new Obstacle("BeingHandedOver", "a client is just being served");
    }
    for (var address : over.functions()) {
      // One that fails to be opened or reset is closed: it is kept from further use, not for ever
      // allocated.
      Runnable broken = () -> inventory.doubt(List.of(address));
      var busy =
          SysfsTopology.readFunction(sysfs, address)
              .flatMap(function -> prober.busy(function, broken));
      if (busy.isPresent()) {
        return busy.get();
      }
    }
    return null;
  }

  /** Lets a container collect an allocation that is not over after all. */
  void reopen(LiveAllocation resumed) {
    try {
      points.open(resumed.entry().offer());
    } catch (IOException e) {
      LOG.error("allocation {} cannot be collected any more", resumed.id(), e);
    }
  }

  /**
   * Gives everything back that an allocation had. Its devices must be closed; each was reset when
   * {@link #busy} bound it, and one that does not answer since then is kept from further use.
   */
  private void finish(LiveAllocation over) {
    var silent =
        over.functions().stream()
            .filter(address -> ConfigSpace.silence(sysfs, address).isPresent())
            .toList();
    inventory.doubt(silent);
    points.close(over.id());
    returnNodes(over.entry());
    try {
      ledger.erase(over.id());
    } catch (IOException e) {
      LOG.error("allocation {} is over, but will be restored at the next start", over.id(), e);
    }
    ledger.remove(over);
    over.forget();
    inventory.refresh();
  }

  /** Gives character devices back to whom they belonged. */
  void returnNodes(LedgerEntry entry) {
    for (var owner : entry.owners().entrySet()) {
      var function = SysfsTopology.readFunction(sysfs, PciAddress.parse(owner.getKey()));
      try {
        if (function.isPresent() && function.get().onVfio()) {
          nodes.own(function.get(), owner.getValue());
        }
      } catch (IOException e) {
        LOG.warn("{} stays with the user of VMMs", owner.getKey(), e);
      }
    }
  }
}
