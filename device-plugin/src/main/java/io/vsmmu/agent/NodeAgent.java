package io.vsmmu.agent;

import static java.util.stream.Collectors.toMap;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.vsmmu.agent.allocation.AllocationLedger;
import io.vsmmu.agent.allocation.Allocations;
import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.Surroundings;
import io.vsmmu.agent.binding.Binder;
import io.vsmmu.agent.binding.DiskClaims;
import io.vsmmu.agent.config.DeviceLog;
import io.vsmmu.agent.config.FileWish;
import io.vsmmu.agent.handoff.HandoffServer;
import io.vsmmu.agent.handoff.HandoffSettings;
import io.vsmmu.agent.handoff.MemlockPolicy;
import io.vsmmu.agent.handoff.PeerCheck;
import io.vsmmu.agent.health.HealthServer;
import io.vsmmu.agent.health.Readiness;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.agent.inventory.NodeReport;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.kubelet.DevicePlugins;
import io.vsmmu.agent.kubelet.KubeletTimings;
import io.vsmmu.agent.kubelet.PodResourcesHolders;
import io.vsmmu.agent.kubelet.ResourceRegistration;
import io.vsmmu.agent.metrics.AgentMetrics;
import io.vsmmu.agent.probe.Prober;
import io.vsmmu.agent.state.StateLock;
import io.vsmmu.agent.status.AgentFacts;
import io.vsmmu.agent.status.AgentFacts.Registration;
import io.vsmmu.agent.status.Identity;
import io.vsmmu.agent.status.NodeLease;
import io.vsmmu.agent.status.StatusReporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running agent. Closing it stops serving; containers keep what they have. */
public final class NodeAgent implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(NodeAgent.class);

  /** Folders below {@link AgentSettings#stateFolder}. */
  public static final String DRIVERS = "drivers";

  public static final String SMMUS = "smmus";
  public static final String ALLOCATIONS = "allocations";
  public static final String WISH = "wish";

  /**
   * How long the parts that serve nobody may take to stop: a question to an API server that does
   * not answer holds them up. With the hand-offs that are waited for it is less than the pod's
   * grace of a minute.
   */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  private final Deque<AutoCloseable> parts = new ConcurrentLinkedDeque<>();

  /** Those that serve kubelet and containers. */
  private final Deque<AutoCloseable> serving = new ArrayDeque<>();

  private NodeAgent() {}

  /**
   * Starts all parts, each before those that need it. What containers have is served before the API
   * server is asked for anything.
   *
   * @param client called when all else runs: building a client takes its time
   * @throws IOException when a folder cannot be used; the message names it
   */
  public static NodeAgent start(AgentSettings settings, Supplier<KubernetesClient> client)
      throws IOException {
    return start(settings, (agent, core) -> agent.followCluster(settings, core, client));
  }

  /**
   * As {@link #start(AgentSettings, Supplier)}, for a node without a cluster: the wish comes from a
   * file, and what comes of it goes to the log.
   *
   * @param config a VSmmu, followed while it changes
   * @throws IOException also when {@code config} cannot be read or is not valid
   */
  public static NodeAgent start(AgentSettings settings, Path config) throws IOException {
    return start(settings, (agent, core) -> agent.followFile(settings, core, config));
  }

  private static NodeAgent start(AgentSettings settings, Master master) throws IOException {
    var agent = new NodeAgent();
    try {
      agent.part(StateLock.take(settings.stateFolder()));
      master.follow(agent, agent.startCore(settings));
      return agent;
    } catch (IOException | RuntimeException e) {
      agent.close();
      throw e;
    }
  }

  /** Whose wish is followed. */
  private interface Master {
    void follow(NodeAgent agent, Core core) throws IOException;
  }

  /**
   * The parts that serve devices.
   *
   * @param changed to be told of every change of the registrations
   */
  private record Core(
      Identity identity,
      InstantSource clock,
      NodeInventory inventory,
      AllocationLedger ledger,
      AtomicReference<SortedMap<String, Registration>> registrations,
      AtomicReference<Runnable> changed) {}

  private Core startCore(AgentSettings settings) throws IOException {
    var clock = InstantSource.system();
    var state = settings.stateFolder();
    var bootId = bootId(settings.proc());
    var identity = Identity.ofThisMachine(bootId);
    var metrics = part(new AgentMetrics(identity.version()));
    var kernel = metrics.metered(settings.kernel());

    var claims = new DeviceClaims();
    var prober = new Prober(kernel, settings.dev(), settings.sysfs().root());
    var binder =
        Binder.open(
            settings.sysfs(),
            settings.proc(),
            DiskClaims.byOpening(settings.dev()),
            state.resolve(DRIVERS),
            bootId);
    var inventory =
        part(
            NodeInventory.open(
                settings.sysfs().root(), binder, prober, claims, state.resolve(SMMUS), bootId));
    watch(settings, inventory);

    var ledger = AllocationLedger.open(state.resolve(ALLOCATIONS));
    var holders =
        part(
            new PodResourcesHolders(
                settings.podResources(),
                settings.kubeletFolder(),
                settings.ownPod(),
                KubeletTimings.DEFAULT));
    var handoff =
        serving(
            new HandoffServer(
                HandoffSettings.in(
                    settings.handoffFolder(),
                    MemlockPolicy.podMemory(
                        settings.proc(), settings.sysfs().root().resolve("fs/cgroup"))),
                ledger,
                peerCheck(settings, holders),
                metrics.handoffs()));
    var allocations =
        new Allocations(
            new Surroundings(
                kernel,
                settings.sysfs().root(),
                settings.dev(),
                bootId,
                settings.vfioUser(),
                inventory,
                claims),
            ledger,
            handoff,
            clock,
            Allocations.PATIENCE);
    allocations.restore();
    serving(allocations.watchReleases(holders));

    var registrations =
        new AtomicReference<SortedMap<String, Registration>>(Collections.emptySortedMap());
    var changed = new AtomicReference<Runnable>(() -> {});
    part(inventory.subscribeReports(metrics::show));
    part(ledger.subscribe(metrics::show));
    if (settings.http().isPresent()) {
      part(
          HealthServer.start(
              settings.http().get(),
              () -> readiness(inventory.report(), registrations.get()),
              metrics::scrape));
    }
    serving(
        DevicePlugins.start(
            settings.kubeletFolder(),
            inventory,
            metrics.metered(allocations),
            KubeletTimings.DEFAULT,
            now -> {
              registrations.set(registrations(now));
              metrics.show(streams(now));
              changed.get().run();
            }));

    return new Core(identity, clock, inventory, ledger, registrations, changed);
  }

  private void followFile(AgentSettings settings, Core core, Path config) throws IOException {
    var state = settings.stateFolder().resolve(WISH);
    part(core.inventory().subscribe(new DeviceLog()::told));
    part(
        FileWish.follow(
            config,
            wish -> {
              leave(state, wish);
              core.inventory().wish(wish);
            }));
  }

  /** For who looks at the node beside this agent. Its generation is of no VSmmu. */
  private static void leave(Path folder, Wish wish) {
    try {
      StatusReporter.leaveWish(
          folder, new Wish(0, wish.resources(), wish.dryRun(), wish.kubevirtSocket()));
    } catch (IOException e) {
      LOG.warn("'vsmmu plan' and 'vsmmu probe' will not know what this agent serves", e);
    }
  }

  private void followCluster(AgentSettings settings, Core core, Supplier<KubernetesClient> clients)
      throws IOException {
    var inventory = core.inventory();
    var ledger = core.ledger();
    var client = part(clients.get());
    var status =
        part(
            new StatusReporter(
                client,
                settings.nodeName(),
                core.identity(),
                () ->
                    new AgentFacts(
                        inventory.report(), ledger.allocations(), core.registrations().get()),
                inventory::wish,
                settings.stateFolder().resolve(WISH),
                core.clock()));
    core.changed().set(status::changed);
    part(inventory.subscribeReports(_ -> status.changed()));
    part(ledger.subscribe(_ -> status.changed()));
    part(new NodeLease(client, settings.nodeName(), status::isOver, core.clock()));
  }

  /**
   * Stops the parts, each before those that it needs; first those that serve, which may wait for
   * hand-offs: lease and status go on until these have ended.
   */
  @Override
  public void close() {
    closeAll(serving);
    var rest = Thread.ofPlatform().daemon().name("stop rest").start(() -> closeAll(parts));
    try {
      if (!rest.join(STOP_LIMIT)) {
        LOG.warn("the agent ends though parts of it are not stopped after {}", STOP_LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void closeAll(Deque<AutoCloseable> parts) {
    for (var part = parts.poll(); part != null; part = parts.poll()) {
      try {
        part.close();
      } catch (Exception e) {
        LOG.error("a part of the agent did not stop cleanly", e);
      }
    }
  }

  private <P extends AutoCloseable> P serving(P part) {
    serving.push(part);
    return part;
  }

  private <P extends AutoCloseable> P part(P part) {
    parts.push(part);
    return part;
  }

  /** Without news the inventory still looks once in a while. */
  private void watch(AgentSettings settings, NodeInventory inventory) {
    try {
      part(settings.changes().watch(inventory::refresh));
    } catch (IOException e) {
      LOG.warn("changes of devices are noticed late: {}", e.getMessage());
    }
  }

  private static PeerCheck peerCheck(AgentSettings settings, DeviceHolders holders) {
    return switch (settings.peers()) {
      case POD -> PeerCheck.pod(holders, settings.proc(), PeerCheck.PATIENCE);
      case PATH -> PeerCheck.path(holders, PeerCheck.PATIENCE);
    };
  }

  private static SortedMap<String, Registration> registrations(
      SortedMap<String, ResourceRegistration> now) {
    var registrations = new TreeMap<String, Registration>();
    now.forEach((resource, registration) ->
        registrations.put(
            resource,
            new Registration(
                registration.registered(), registration.reason(), registration.message())));
    return registrations;
  }

  private static Map<String, Boolean> streams(SortedMap<String, ResourceRegistration> now) {
    return now.values().stream()
        .collect(toMap(ResourceRegistration::resource, ResourceRegistration::registered));
  }

  private static Readiness readiness(
      NodeReport report, SortedMap<String, Registration> registrations) {
    var missing = new TreeMap<String, Optional<String>>();
    registrations.forEach((resource, registration) ->
        missing.put(
            resource,
            registration.registered() ? Optional.empty() : Optional.of(registration.message())));
    return Readiness.of(
        Optional.of(report)
            .filter(known -> !known.wish().equals(Wish.NONE))
            .map(known -> known.inventory().resources()),
        missing);
  }

  /**
   * The running boot.
   *
   * @param proc the host's {@code /proc}
   */
  public static String bootId(Path proc) throws IOException {
    return Files.readString(proc.resolve("sys/kernel/random/boot_id")).strip();
  }
}
