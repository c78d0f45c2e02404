package io.vsmmu.agent.kubelet;

import io.vsmmu.agent.allocation.Allocator;
import io.vsmmu.agent.flow.Subscription;
import io.vsmmu.agent.inventory.Inventory;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.kubelet.ResourcePlugin.KubeletAccess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device plugins of this node, one per resource that the inventory names: they come and go with
 * it, follow its devices, and stay registered over kubelet's restarts.
 */
public final class DevicePlugins implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DevicePlugins.class);

  private final KubeletAccess kubelet;
  private final AllocateCalls allocations;
  private final Consumer<SortedMap<String, ResourceRegistration>> listener;
  private final ScheduledExecutorService sender =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("device lists").factory());
  private final AtomicBoolean sendPlanned = new AtomicBoolean();
  private final FolderWatch watch;
  private final Subscription subscription;

  private final Map<String, ResourcePlugin> plugins = new TreeMap<>();
  private final List<ResourcePlugin> withdrawn = new ArrayList<>();
  private final SortedMap<String, ResourceRegistration> registrations = new TreeMap<>();

  private DevicePlugins(
      Path folder,
      Inventory inventory,
      Allocator allocator,
      KubeletTimings timings,
      Consumer<SortedMap<String, ResourceRegistration>> listener) {
    var pluginFolder = new PluginFolder(folder);
    pluginFolder.removeAbandonedSockets();
    var bell = new Bell();
    this.listener = listener;
    kubelet = new KubeletAccess(pluginFolder, new UnixGrpc(), bell, timings);
    allocations = new AllocateCalls(allocator, timings.allocate());
    watch = FolderWatch.start(folder, bell);
    subscription = inventory.subscribe(this::follow);
  }

  /**
   * Starts the plugins of the inventory's resources and follows it from then on.
   *
   * @param folder kubelet's {@code device-plugins} folder
   * @param allocator serves Allocate
   * @param listener told of every change of the registrations, by resource; calls come one at a
   *     time from the plugins' threads and must return quickly
   */
  public static DevicePlugins start(
      Path folder,
      Inventory inventory,
      Allocator allocator,
      KubeletTimings timings,
      Consumer<SortedMap<String, ResourceRegistration>> listener) {
    return new DevicePlugins(folder, inventory, allocator, timings, listener);
  }

  /** How every resource stands with kubelet now. */
  public SortedMap<String, ResourceRegistration> registrations() {
    synchronized (plugins) {
      return new TreeMap<>(registrations);
    }
  }

  private void follow(InventorySnapshot snapshot) {
    synchronized (plugins) {
      Set.copyOf(plugins.keySet()).stream()
          .filter(resource -> !snapshot.resources().contains(resource))
          .forEach(this::withdraw);
      for (String resource : snapshot.resources()) {
        ResourcePlugin plugin = plugins.get(resource);
        if (plugin == null) {
          plugins.put(resource, started(resource, snapshot));
        } else {
          plugin.update(snapshot);
        }
      }
    }
    if (sendPlanned.compareAndSet(false, true)) {
      ScheduledFuture<?> _ =
          sender.schedule(
              this::send, kubelet.timings().coalesce().toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void withdraw(String resource) {
    ResourcePlugin plugin = Objects.requireNonNull(plugins.remove(resource));
    plugin.stop();
    withdrawn.removeIf(earlier -> !earlier.isRunning());
    withdrawn.add(plugin);
    if (registrations.remove(resource) != null) {
      listener.accept(new TreeMap<>(registrations));
    }
  }

  private ResourcePlugin started(String resource, InventorySnapshot snapshot) {
    var plugin = new ResourcePlugin(resource, snapshot, kubelet, allocations, this::report);
    plugin.start();
    return plugin;
  }

  private void send() {
    sendPlanned.set(false);
    List<ResourcePlugin> current;
    synchronized (plugins) {
      current = List.copyOf(plugins.values());
    }
    current.forEach(DevicePlugins::sendTo);
  }

  /** An executor would keep a failure to itself. */
  private static void sendTo(ResourcePlugin plugin) {
    try {
      plugin.send();
    } catch (RuntimeException e) {
      LOG.error("devices are not sent to kubelet; the next change sends them", e);
    }
  }

  private void report(ResourcePlugin plugin, ResourceRegistration registration) {
    synchronized (plugins) {
      String resource = registration.resource();
      // A plugin that is being withdrawn has no say any more.
      if (plugins.get(resource) == plugin
          && !registration.equals(registrations.put(resource, registration))) {
        listener.accept(new TreeMap<>(registrations));
      }
    }
  }

  /** Withdraws every resource: kubelet takes its devices for unhealthy from then on. */
  @Override
  public void close() throws IOException {
    subscription.close();
    watch.close();
    List<ResourcePlugin> all;
    synchronized (plugins) {
      all = new ArrayList<>(plugins.values());
      all.addAll(withdrawn);
      plugins.clear();
      withdrawn.clear();
    }
    all.forEach(ResourcePlugin::stop);
    all.forEach(ResourcePlugin::close);
    sender.shutdownNow();
    allocations.close();
    kubelet.grpc().close();
  }
}
