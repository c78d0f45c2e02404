package io.vsmmu.agent.allocation;

import io.vsmmu.agent.allocation.ReleaseRule.Sightings;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An allocation from Allocate to its release: its ledger entry, its claim on the devices, and its
 * context while the agent holds one. Safe for use by several threads.
 */
final class LiveAllocation {

  private static final Logger LOG = LoggerFactory.getLogger(LiveAllocation.class);

  private final AllocationLedger ledger;
  private final Contexts contexts;
  private final DeviceClaims.Claim claim;

  private LedgerEntry entry;
  private @Nullable PreparedContext context;
  private Sightings sightings;
  private boolean serving;
  private boolean ending;
  private boolean forgotten;
  private volatile Allocation view;

  /**
   * Starts with what the ledger has.
   *
   * @param context absent after a restart: made when a container asks
   */
  LiveAllocation(
      AllocationLedger ledger,
      Contexts contexts,
      DeviceClaims.Claim claim,
      LedgerEntry entry,
      @Nullable PreparedContext context,
      Instant answered) {
    this.ledger = ledger;
    this.contexts = contexts;
    this.claim = claim;
    this.entry = entry;
    this.context = context;
    this.sightings = Sightings.none(answered, entry.listed());
    this.view = view(entry, false);
  }

  String id() {
    return view.id();
  }

  synchronized LedgerEntry entry() {
    return entry;
  }

  synchronized List<PciAddress> functions() {
    return entry.addresses();
  }

  /** What it is like; does not wait for what is under way. */
  Allocation view() {
    return view;
  }

  private static Allocation view(LedgerEntry entry, boolean ending) {
    return new Allocation(
        entry.id(),
        entry.resource(),
        entry.deviceIds(),
        ending
            ? AllocationState.ENDING
            : entry.handedOff() ? AllocationState.HANDED_OFF : AllocationState.PREPARED,
        entry.container(),
        entry.manifest());
  }

  /** Hands the context out, after making it when there is none. */
  synchronized Handoff take(@Nullable PodContainer peer) throws AllocationException {
    if (ending) {
      throw new AllocationException(
          "allocation %s is over: kubelet no longer lists its devices".formatted(entry.id()));
    }
    if (serving) {
      throw new AllocationException(
          "allocation %s is being handed to another client; try again".formatted(entry.id()));
    }
    var handed =
        context != null
            ? context
            : contexts.prepare(contexts.functions(entry.addresses()), entry.terms());
    context = null;
    try {
      var manifest = handed.manifest(entry.id());
      var devices = handed.openDevices();
      serving = true;
      record(entry.prepared(manifest));
      return new Serving(peer, handed, devices, manifest);
    } catch (IommuException e) {
      closeQuietly(handed);
      record(entry.unprepared());
      throw new AllocationException(
          "allocation %s cannot be handed over: %s".formatted(entry.id(), e.getMessage()), e);
    }
  }

  /** Adds what a list of kubelet's said; whether the rule says that the allocation is over. */
  synchronized boolean listed(ReleaseRule rule, Instant asked, @Nullable PodContainer holder) {
    sightings = sightings.with(asked, holder != null);
    if (holder != null && !entry.listed()) {
      record(entry.seenWith(holder));
    }
    return ending || rule.over(sightings, asked);
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

  /** Whether a container took it over, and so a process may have its devices open. */
  synchronized boolean mayBeOpenElsewhere() {
    return entry.handedOff() || serving;
  }

  /** Gives the claim on its devices back. Call {@link #end} first. */
  synchronized void forget() {
    forgotten = true;
    claim.close();
  }

  private void record(LedgerEntry next) {
    entry = next;
    show();
    if (forgotten) {
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
    view = view(entry, ending);
    ledger.publish();
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      LOG.error("closing {} failed; its descriptor may stay open", closeable, e);
    }
  }

  /** A client is being served. */
  private final class Serving implements Handoff {

    private final @Nullable PodContainer peer;
    private final PreparedContext handed;
    private final List<VfioDevice> devices;
    private final HandoffManifest manifest;
    private boolean acknowledged;
    private boolean closed;

    Serving(
        @Nullable PodContainer peer,
        PreparedContext handed,
        List<VfioDevice> devices,
        HandoffManifest manifest) {
      this.peer = peer;
      this.handed = handed;
      this.devices = devices;
      this.manifest = manifest;
    }

    @Override
    public HandoffManifest manifest() {
      return manifest;
    }

    @Override
    public List<Integer> descriptors() {
      var descriptors = new ArrayList<Integer>();
      descriptors.add(handed.fd());
      devices.forEach(device -> descriptors.add(device.fd()));
      return descriptors;
    }

    @Override
    public void acknowledged() {
      synchronized (LiveAllocation.this) {
        acknowledged = true;
        sightings = sightings.collected();
        record(entry.handedOff(peer, manifest));
      }
      close();
    }

    @Override
    public void close() {
      synchronized (LiveAllocation.this) {
        if (closed) {
          return;
        }
        closed = true;
        serving = false;
        devices.forEach(LiveAllocation::closeQuietly);
        closeQuietly(handed);
        if (!acknowledged) {
          record(entry.unprepared());
        }
      }
    }
  }
}
