package io.vsmmu.agent.allocation;

import io.vsmmu.agent.allocation.LedgerEntry.Progress;
import io.vsmmu.agent.allocation.ReleaseRule.Sightings;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An allocation from Allocate to its release: its ledger entry, its claim on the devices, and its
 * context while the agent holds one. Safe for use by several threads; waits for no client and for
 * no device.
 */
final class LiveAllocation {

  private static final Logger LOG = LoggerFactory.getLogger(LiveAllocation.class);

  private final AllocationLedger ledger;
  private final DeviceClaims.Claim claim;

  /** Held while somebody looks whether the devices are closed, and gives them back. */
  private final ReentrantLock closing = new ReentrantLock();

  private LedgerEntry entry;
  private @Nullable PreparedContext context;
  private Sightings sightings;
  private @Nullable Progress beforeHanding;
  private boolean serving;
  private boolean ending;
  private boolean superseded;
  private boolean forgotten;
  private volatile Allocation view;

  /**
   * Starts with what the ledger has.
   *
   * @param context absent after a restart: made when a container asks
   */
  LiveAllocation(
      AllocationLedger ledger,
      DeviceClaims.Claim claim,
      LedgerEntry entry,
      @Nullable PreparedContext context,
      Instant answered) {
    this.ledger = ledger;
    this.claim = claim;
    this.entry = entry;
    this.context = context;
    this.sightings = Sightings.none(answered, entry.progress().listed());
    this.view = view(entry, AllocationState.of(entry.progress()));
  }

  String id() {
    return view.id();
  }

  synchronized LedgerEntry entry() {
    return entry;
  }

  List<PciAddress> functions() {
    return entry().addresses();
  }

  /** What it is like; does not wait for what is under way. */
  Allocation view() {
    return view;
  }

  private static Allocation view(LedgerEntry entry, AllocationState state) {
    return new Allocation(
        entry.id(),
        entry.resource(),
        entry.deviceIds(),
        state,
        entry.progress().container(),
        entry.progress().collectedWith(),
        entry.progress().manifest());
  }

  /**
   * Whether it can answer another Allocate of the same devices as it is: kubelet asks once for a
   * pod's init container and once more for the container that goes on with its devices.
   */
  synchronized boolean renew(String resource, Set<String> deviceIds, Terms terms, Instant now) {
    boolean same =
        entry.resource().equals(resource)
            && entry.deviceIds().equals(deviceIds)
            && entry.terms().equals(terms);
    if (!same || ending || serving || context == null || entry.progress().listed()) {
      return false;
    }
    sightings = Sightings.none(now, false);
    return true;
  }

  /**
   * Lends the context to a hand-out, which gives the allocation back by one of {@link #takeBack},
   * {@link #handed} and {@link #notTaken}.
   *
   * @return null when it is gone
   */
  synchronized @Nullable PreparedContext lend() throws AllocationException {
    if (ending) {
      throw new AllocationException(
          "allocation %s is over: kubelet no longer lists its devices".formatted(entry.id()));
    }
    if (serving) {
      throw new AllocationException(
          "allocation %s is being handed to another client; try again".formatted(entry.id()));
    }
    serving = true;
    var lent = context;
    context = null;
    return lent;
  }

  /** Nothing came of the hand-out. */
  synchronized void takeBack(@Nullable PreparedContext unused) {
    serving = false;
    if (ending && unused != null) {
      closeQuietly(unused);
    } else {
      context = unused;
    }
  }

  /**
   * The context is about to leave. On disk before it does: an agent that is killed right then must
   * not take the devices for untouched.
   *
   * @param asked the allocation that the container asked for
   */
  synchronized void handing(PodContainer to, String asked, HandoffManifest manifest) {
    beforeHanding = entry.progress();
    record(entry.handing(to, asked, manifest));
  }

  /** A container has the context. */
  synchronized void handed() {
    serving = false;
    beforeHanding = null;
    sightings = sightings.collected();
    show();
  }

  /**
   * Nothing was taken: the context was offered, not acknowledged, and is gone; or none could be
   * made, mostly because the container that collected an earlier one still has it.
   */
  synchronized void notTaken() {
    serving = false;
    var before = beforeHanding;
    beforeHanding = null;
    if (before != null) {
      record(entry.with(before.unprepared()));
    } else if (entry.progress().handedOff()) {
      show();
    } else {
      record(entry.with(entry.progress().unprepared()));
    }
  }

  /**
   * Adds what a list of kubelet's said; whether the rule says that the allocation is over.
   *
   * @param kubelet the run of kubelet that said it
   */
  synchronized boolean listed(
      ReleaseRule rule, Instant asked, Optional<String> kubelet, @Nullable PodContainer holder) {
    sightings = sightings.with(asked, kubelet, holder != null);
    if (holder != null && !entry.progress().listed()) {
      record(entry.with(entry.progress().seenWith(holder)));
    }
    return ending || rule.over(sightings, asked);
  }

  /**
   * Takes {@link #end} back: kubelet lists it again, and it has not been given up.
   *
   * @return false when it was not ended, or is for good
   */
  synchronized boolean resume() {
    if (!ending || superseded) {
      return false;
    }
    ending = false;
    show();
    return true;
  }

  /** As {@link #end}, for good: kubelet gives its devices to somebody else. */
  synchronized void supersede() {
    superseded = true;
    end();
  }

  /** No container may collect it any more, and the agent lets its context go. */
  synchronized void end() {
    ending = true;
    show();
    if (context != null) {
      closeQuietly(context);
      context = null;
    }
  }

  /** Whether a client is being served right now. */
  synchronized boolean isServing() {
    return serving;
  }

  /** For who looks whether its devices are closed: one at a time. */
  ReentrantLock closing() {
    return closing;
  }

  /** Whether it was given back: its devices may be somebody else's. */
  synchronized boolean isForgotten() {
    return forgotten;
  }

  /** Gives the claim on its devices back. Call {@link #end} first. */
  synchronized void forget() {
    forgotten = true;
    claim.close();
  }

  private void record(LedgerEntry next) {
    boolean changed = !next.equals(entry);
    entry = next;
    show();
    if (forgotten || !changed) {
      return;
    }
    try {
      ledger.write(next);
    } catch (IOException e) {
      // The allocation itself is safe on disk since Allocate; only its progress is not.
      LOG.error("the ledger entry of allocation {} is out of date", next.id(), e);
    }
  }

  private void show() {
    view =
        view(
            entry,
            ending
                ? AllocationState.ENDING
                : serving ? AllocationState.PREPARED : AllocationState.of(entry.progress()));
    ledger.publish();
  }

  static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      LOG.error("closing {} failed; its descriptor may stay open", closeable, e);
    }
  }
}
