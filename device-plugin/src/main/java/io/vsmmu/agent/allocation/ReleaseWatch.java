package io.vsmmu.agent.allocation;

import io.vsmmu.agent.allocation.DeviceHolders.Holder;
import io.vsmmu.agent.allocation.DeviceHolders.Listing;
import io.vsmmu.agent.flow.Loop;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks kubelet, while there are allocations, which devices are still assigned; kubelet tells nobody
 * when they come back. An allocation that is over is freed when no process has its devices open.
 */
final class ReleaseWatch {

  private static final Logger LOG = LoggerFactory.getLogger(ReleaseWatch.class);

  private static final Duration PERIOD = Duration.ofSeconds(2);

  private final AllocationLedger ledger;
  private final Release release;
  private final DeviceHolders holders;
  private final ReleaseRule rule;
  private final InstantSource clock;
  private @Nullable String complaint;

  /** Allocations of which the log says that they are not closed: a VM may take hours to die. */
  private final Set<String> lingering = new HashSet<>();

  ReleaseWatch(
      AllocationLedger ledger,
      Release release,
      DeviceHolders holders,
      ReleaseRule rule,
      InstantSource clock) {
    this.ledger = ledger;
    this.release = release;
    this.holders = holders;
    this.rule = rule;
    this.clock = clock;
  }

  Loop start() {
    return Loop.start("releases", PERIOD, this::look);
  }

  /** Asks once and acts on the answer. */
  void look() {
    var live = ledger.all();
    lingering.retainAll(live.stream().map(LiveAllocation::id).toList());
    if (live.isEmpty()) {
      return;
    }
    var asked = clock.instant();
    Listing listing;
    try {
      listing = holders.list();
    } catch (IOException e) {
      complainOnce("kubelet does not tell who has devices: " + e);
      return;
    }
    if (listing.complete()) {
      complaint = null;
    } else {
      complainOnce("kubelet does not know its pods yet: it does not list this agent's own");
    }
    for (var allocation : live) {
      var holder = holderOf(allocation, listing.holders());
      if (holder == null && !listing.complete()) {
        continue;
      }
      if (holder != null && allocation.resume()) {
        lingering.remove(allocation.id());
        LOG.warn("allocation {} goes on: kubelet lists its devices again", allocation.id());
        release.reopen(allocation);
      }
      if (allocation.listed(rule, asked, listing.kubelet(), holder)) {
        free(allocation);
      }
    }
  }

  private void complainOnce(String what) {
    if (!what.equals(complaint)) {
      LOG.warn("{}; nothing is released meanwhile", what);
    }
    complaint = what;
  }

  private void free(LiveAllocation over) {
    if (over.isForgotten()) {
      return; // Superseded since this look began.
    }
    over.end();
    var busy = release.tryFinish(over);
    if (busy == null) {
      LOG.info("allocation {} is released", over.id());
    } else if (lingering.add(over.id())) {
      LOG.info("allocation {} is over, but not yet closed: {}", over.id(), busy.message());
    }
  }

  private static @Nullable PodContainer holderOf(LiveAllocation allocation, List<Holder> listed) {
    var view = allocation.view();
    return listed.stream()
        .filter(holder -> holder.resource().equals(view.resource()))
        .filter(holder -> holder.deviceIds().containsAll(view.deviceIds()))
        .map(Holder::container)
        .findFirst()
        .orElse(null);
  }
}
