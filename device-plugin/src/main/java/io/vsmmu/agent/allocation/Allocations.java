package io.vsmmu.agent.allocation;

import io.vsmmu.agent.allocation.LedgerEntry.Progress;
import io.vsmmu.agent.flow.Patience;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.agent.inventory.DeviceClaims.Claim;
import io.vsmmu.agent.inventory.DeviceClaims.Purpose;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.HeldDevices;
import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes allocations. Every step is on disk before the next depends on it, so that the agent can be
 * killed at any point and go on from the ledger.
 */
public final class Allocations implements Allocator {

  private static final Logger LOG = LoggerFactory.getLogger(Allocations.class);

  /**
   * How long to wait for a device that is being probed, or that a dying VM still has open: less
   * than kubelet is made to wait for all of an Allocate.
   */
  public static final Duration PATIENCE = Duration.ofSeconds(8);

  private final NodeInventory inventory;
  private final DeviceClaims claims;
  private final HandoffPoints points;
  private final DeviceNodes nodes;
  private final int vfioUser;
  private final Contexts contexts;
  private final Answers answers;
  private final AllocationLedger ledger;
  private final Release release;
  private final String bootId;
  private final InstantSource clock;
  private final Duration limit;

  /**
   * Allocations of the node's devices; none is live before {@link #restore}.
   *
   * @param points where containers collect them
   * @param limit how long an Allocate may wait for devices that are still in use
   */
  public Allocations(
      Surroundings surroundings,
      AllocationLedger ledger,
      HandoffPoints points,
      InstantSource clock,
      Duration limit) {
    this.inventory = surroundings.inventory();
    this.claims = surroundings.claims();
    this.vfioUser = surroundings.vfioUser();
    this.points = points;
    this.nodes = new DeviceNodes(surroundings.dev());
    this.contexts = new Contexts(surroundings, nodes);
    this.answers = new Answers(nodes);
    this.ledger = ledger;
    this.release = new Release(surroundings, ledger, points, nodes);
    this.bootId = surroundings.bootId();
    this.clock = clock;
    this.limit = limit;
    ledger.serveFrom(contexts);
  }

  /**
   * Makes what an earlier agent left live again, and removes what it left half-done. Call once,
   * before the inventory gets its first wish: only then are the devices claimed before anybody else
   * looks at them.
   *
   * @throws IOException when the ledger cannot be read
   */
  public void restore() throws IOException {
    for (var entry : ledger.onDisk()) {
      if (entry.bootId().equals(bootId)) {
        restore(entry);
      } else {
        LOG.warn(
            "allocation {} of {} is dropped: it was made before the node was rebooted, and the"
                + " device nodes that its container was given may be others by now; if pod {} did"
                + " not end with the reboot, delete it",
            entry.id(),
            entry.deviceIds(),
            entry.progress().container());
        ledger.erase(entry.id());
      }
    }
    points.removeAllBut(ledger.all().stream().map(LiveAllocation::id).collect(Collectors.toSet()));
    inventory.held(
        ledger.all().stream()
            .map(LiveAllocation::entry)
            .map(entry -> new HeldDevices(entry.resource(), entry.deviceIds(), entry.addresses()))
            .toList());
  }

  private void restore(LedgerEntry entry) throws IOException {
    var claim = claims.tryClaim(entry.addresses(), Purpose.ALLOCATION, "allocation " + entry.id());
    if (claim.isEmpty()) {
      // Killed between writing this entry and erasing the one it supersedes.
      LOG.warn("allocation {} overlaps with a restored one and is dropped", entry.id());
      ledger.erase(entry.id());
      return;
    }
    var restored = entry.progress().handedOff() ? entry : entry.with(entry.progress().unprepared());
    ledger.add(new LiveAllocation(ledger, claim.get(), restored, null, clock.instant()));
    try {
      points.open(entry.offer());
    } catch (IOException e) {
      LOG.error("allocation {} cannot be collected any more", entry.id(), e);
    }
    LOG.info("allocation {} of {} restored", entry.id(), entry.deviceIds());
  }

  /** Starts to watch kubelet's lists for allocations that are over, until the result is closed. */
  public AutoCloseable watchReleases(DeviceHolders holders) {
    return new ReleaseWatch(ledger, release, holders, ReleaseRule.DEFAULT, clock).start();
  }

  @Override
  public AllocationAnswer allocate(String resource, Set<String> deviceIds)
      throws AllocationException {
    var terms = Terms.of(spec(resource), inventory.report().wish().kubevirtSocket());
    var addresses = addresses(resource, deviceIds);
    var again = prepared(resource, deviceIds, addresses, terms);
    try {
      return again.isPresent()
          ? repeated(again.get())
          : prepare(resource, deviceIds, addresses, terms);
    } catch (IOException e) {
      throw new AllocationException(
          "%s of %s cannot be allocated: %s".formatted(deviceIds, resource, e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AllocationException(
          "%s of %s: kubelet does not wait any longer".formatted(deviceIds, resource), e);
    } finally {
      inventory.refresh();
    }
  }

  /** What is prepared for the very same devices, and not yet known to be another pod's. */
  private Optional<LedgerEntry> prepared(
      String resource, Set<String> deviceIds, Set<PciAddress> addresses, Terms terms) {
    return ledger.having(addresses).stream()
        .filter(live -> live.renew(resource, deviceIds, terms, clock.instant()))
        .map(LiveAllocation::entry)
        .findFirst();
  }

  private AllocationAnswer repeated(LedgerEntry entry) throws AllocationException, IOException {
    LOG.info("allocation {}: {} asked for again", entry.id(), entry.deviceIds());
    var functions = contexts.functions(entry.addresses(), entry.terms());
    return answers.of(entry, functions, points.open(entry.offer()));
  }

  private AllocationAnswer prepare(
      String resource, Set<String> deviceIds, Set<PciAddress> addresses, Terms terms)
      throws AllocationException, IOException, InterruptedException {
    var id = UUID.randomUUID().toString();
    var patience = new Patience(limit);
    var before = ledger.having(addresses);
    for (var earlier : before) {
      requireGivenOn(earlier.entry(), resource, deviceIds);
    }
    for (var earlier : before) {
      supersede(earlier, id, patience);
    }
    try (var rollback = new Rollback()) {
      var claim = rollback.add(claim(addresses, id, patience));
      var functions = contexts.functions(List.copyOf(addresses), terms);
      var context = rollback.add(contexts.prepare(functions));
      var entry =
          new LedgerEntry(
              id,
              bootId,
              resource,
              deviceIds,
              addresses.stream().map(PciAddress::toString).toList(),
              terms,
              owners(functions),
              Progress.prepared(context.manifest(id)));
      rollback.add(() -> ledger.erase(id));
      ledger.write(entry);
      rollback.add(() -> release.returnNodes(entry));
      for (var function : functions) {
        nodes.own(function.function(), vfioUser);
      }
      var folder = points.open(entry.offer());
      rollback.add(() -> points.close(id));
      var answer = answers.of(entry, functions, folder);
      ledger.add(new LiveAllocation(ledger, claim, entry, context, clock.instant()));
      rollback.keep();
      LOG.info("allocation {}: {} of {} prepared", id, entry.deviceIds(), resource);
      return answer;
    }
  }

  /**
   * Kubelet knows by resource and id what it has given away. What a container has under another
   * name, because the VSmmu was changed since, kubelet takes for free, and it is not.
   */
  private static void requireGivenOn(LedgerEntry earlier, String resource, Set<String> deviceIds)
      throws AllocationException {
    if (!earlier.resource().equals(resource)
        || Collections.disjoint(earlier.deviceIds(), deviceIds)) {
      throw new AllocationException(
          "%s of %s: a container has it as %s of %s (allocation %s), as it was called before the"
                  .formatted(
                      deviceIds, resource, earlier.deviceIds(), earlier.resource(), earlier.id())
              + " VSmmu was changed; it is free when that container has ended");
    }
  }

  /**
   * Kubelet gives the devices to somebody else: whoever had them before has them no more. Kubelet
   * does that as soon as the containers have ended; a VMM may take longer to die.
   */
  private void supersede(LiveAllocation earlier, String by, Patience patience)
      throws AllocationException, InterruptedException {
    earlier.supersede();
    var busy = release.tryFinish(earlier);
    while (busy != null && patience.again()) {
      busy = release.tryFinish(earlier);
    }
    if (busy != null) {
      throw new AllocationException(
          "a container that had allocation %s still has its devices open: %s"
              .formatted(earlier.id(), busy.message()));
    }
    LOG.info("allocation {} is superseded by {}", earlier.id(), by);
  }

  private Claim claim(Set<PciAddress> addresses, String id, Patience patience)
      throws AllocationException {
    return claims
        .claim(addresses, Purpose.ALLOCATION, "allocation " + id, patience.left())
        .orElseThrow(() ->
            new AllocationException(
                "devices are taken: "
                    + addresses.stream()
                        .flatMap(address ->
                            claims.owner(address).stream().map(owner -> address + " by " + owner))
                        .toList()));
  }

  private ResourceSpec spec(String resource) throws AllocationException {
    return inventory.report().wish().resources().stream()
        .filter(spec -> spec.name().equals(resource))
        .findFirst()
        .orElseThrow(() ->
            new AllocationException("%s is no resource of this node's VSmmu".formatted(resource)));
  }

  /** The functions behind the ids, in order. */
  private Set<PciAddress> addresses(String resource, Set<String> deviceIds)
      throws AllocationException {
    if (deviceIds.isEmpty()) {
      throw new AllocationException("no device of %s was asked for".formatted(resource));
    }
    var snapshot = inventory.snapshot();
    var addresses = new TreeSet<PciAddress>();
    for (var id : deviceIds) {
      var device =
          snapshot
              .device(id)
              .filter(found -> found.resource().equals(resource))
              .orElseThrow(
                  () -> new AllocationException("%s has no device %s".formatted(resource, id)));
      requireUsable(device);
      addresses.addAll(device.functions());
    }
    return addresses;
  }

  private static void requireUsable(Device device) throws AllocationException {
    if (device.state() == DeviceState.UNHEALTHY || device.state() == DeviceState.INELIGIBLE) {
      throw new AllocationException(
          "%s cannot be used: %s: %s".formatted(device.id(), device.reason(), device.message()));
    }
  }

  private Map<String, Integer> owners(List<Wanted> functions) throws IOException {
    var owners = new TreeMap<String, Integer>();
    for (var wanted : functions) {
      owners.put(wanted.address(), nodes.owner(wanted.function()));
    }
    return owners;
  }
}
