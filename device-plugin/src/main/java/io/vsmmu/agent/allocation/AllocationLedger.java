package io.vsmmu.agent.allocation;

import io.vsmmu.agent.flow.Publisher;
import io.vsmmu.agent.flow.Subscription;
import io.vsmmu.agent.state.StateFolder;
import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All allocations of this node: a file each on disk, the live ones in memory. The hand-off takes
 * from it, and others see in it what containers have. Safe for use by several threads.
 */
public final class AllocationLedger implements HandoffSource {

  private final StateFolder<LedgerEntry> folder;
  private final SortedMap<String, LiveAllocation> live = new ConcurrentSkipListMap<>();
  private volatile @Nullable Contexts contexts;
  private final Publisher<List<Allocation>> views = new Publisher<>(List.of());

  private AllocationLedger(StateFolder<LedgerEntry> folder) {
    this.folder = folder;
  }

  /**
   * Opens the folder. What an earlier agent left in it becomes live through {@link
   * Allocations#restore}.
   *
   * @throws IOException when the folder cannot be made or listed
   */
  public static AllocationLedger open(Path folder) throws IOException {
    return new AllocationLedger(StateFolder.open(folder, LedgerEntry.class));
  }

  /**
   * The functions that are allocated according to an agent's folder, with the ids of their
   * allocations; changes nothing on disk.
   *
   * @param bootId the running boot: what was allocated before it is so no longer
   * @throws IOException when the folder cannot be read
   */
  public static Map<PciAddress, String> look(Path folder, String bootId) throws IOException {
    var allocated = new TreeMap<PciAddress, String>();
    for (var entry : StateFolder.look(folder, LedgerEntry.class).all().values()) {
      if (entry.bootId().equals(bootId)) {
        entry.addresses().forEach(address -> allocated.put(address, entry.id()));
      }
    }
    return allocated;
  }

  @Override
  public Handoff take(String allocation, Collector collector, HandoffProtocol protocol)
      throws AllocationException {
    var asked = live.get(allocation);
    var makes = contexts;
    if (asked == null || makes == null) {
      throw new AllocationException(
          "there is no allocation %s: its container has ended, or its devices were allocated anew"
              .formatted(allocation));
    }
    var parts =
        live.values().stream()
            .filter(each ->
                each == asked || collector.holds(each.view().resource(), each.view().deviceIds()))
            .toList();
    return Handout.of(makes, allocation, parts, collector.container(), protocol);
  }

  @Override
  public boolean isAwaited(String allocation) {
    var found = live.get(allocation);
    return found != null && found.view().state() == AllocationState.PREPARED;
  }

  /** The allocations as they are now, in the order of their ids. */
  public List<Allocation> allocations() {
    return views.current();
  }

  /** Tells {@code listener} the allocations now and after every change. */
  public Subscription subscribe(Consumer<List<Allocation>> listener) {
    return views.subscribe(listener);
  }

  /** Says what makes the contexts that are handed out; nothing is before that. */
  void serveFrom(Contexts source) {
    contexts = source;
  }

  /** What an earlier agent left. */
  Collection<LedgerEntry> onDisk() throws IOException {
    return folder.all().values();
  }

  void write(LedgerEntry entry) throws IOException {
    folder.put(entry.id(), entry);
  }

  void erase(String id) throws IOException {
    folder.remove(id);
  }

  void add(LiveAllocation allocation) {
    live.put(allocation.id(), allocation);
    publish();
  }

  void remove(LiveAllocation allocation) {
    var _ = live.remove(allocation.id(), allocation);
    publish();
  }

  List<LiveAllocation> all() {
    return List.copyOf(live.values());
  }

  /** Those that have any of {@code functions}. */
  List<LiveAllocation> having(Collection<PciAddress> functions) {
    return live.values().stream()
        .filter(allocation -> !Collections.disjoint(allocation.functions(), functions))
        .toList();
  }

  /** Tells listeners what the live allocations are like now. */
  synchronized void publish() {
    views.publish(live.values().stream().map(LiveAllocation::view).toList());
  }
}
