package io.vsmmu.agent.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.kubelet.PluginFolder.KubeletInstance;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegisterRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegistrationGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one resource registered. Kubelet never comes back by itself: whenever it restarts, empties
 * its folder or lets the stream go, everything starts anew with a fresh server on a fresh socket,
 * the old one being closed first.
 */
final class ResourcePlugin implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ResourcePlugin.class);
  private static final String VERSION = "v1beta1";
  private static final Duration FIRST_RETRY = Duration.ofMillis(250);

  private final String resource;
  private final KubeletAccess kubelet;
  private final AllocateCalls allocations;
  private final BiConsumer<ResourcePlugin, ResourceRegistration> report;
  private final Thread thread;

  private volatile InventorySnapshot snapshot;
  private volatile boolean stopped;
  private volatile @Nullable DeviceStreams streams;
  private Duration retry = FIRST_RETRY;

  /**
   * @param report told whenever the registration changes, from this plugin's own thread
   */
  ResourcePlugin(
      String resource,
      InventorySnapshot snapshot,
      KubeletAccess kubelet,
      AllocateCalls allocations,
      BiConsumer<ResourcePlugin, ResourceRegistration> report) {
    this.resource = resource;
    this.snapshot = snapshot;
    this.kubelet = kubelet;
    this.allocations = allocations;
    this.report = report;
    this.thread = Thread.ofPlatform().daemon().name("register " + resource).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Takes new devices over; they go out with {@link #send}. */
  void update(InventorySnapshot newer) {
    snapshot = newer;
  }

  /** Sends the devices to kubelet where they differ from what it knows. */
  void send() {
    DeviceStreams current = streams;
    if (current != null) {
      current.send();
    }
  }

  boolean isRunning() {
    return thread.isAlive();
  }

  /** Asks it to end; {@link #close} waits for that. */
  void stop() {
    stopped = true;
    kubelet.bell().ring();
  }

  @Override
  public void close() {
    stop();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (!stopped) {
        Optional<KubeletInstance> instance = awaitKubelet();
        if (instance.isPresent()) {
          serve(instance.get());
          pause(instance.get());
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("{}: interrupted", resource);
    }
  }

  /** Waits until kubelet has its socket; empty when stopped instead. */
  private Optional<KubeletInstance> awaitKubelet() throws InterruptedException {
    Optional<KubeletInstance> instance = kubelet.folder().kubelet();
    if (instance.isEmpty()) {
      notRegistered(
          "KubeletAbsent", "kubelet does not listen: no " + kubelet.folder().kubeletSocket());
      kubelet.bell().await(() -> stopped || kubelet.folder().kubelet().isPresent());
      instance = kubelet.folder().kubelet();
    }
    return stopped ? Optional.empty() : instance;
  }

  /** From a fresh server to its end, whatever ends it. */
  private void serve(KubeletInstance instance) throws InterruptedException {
    var current = new DeviceStreams(() -> DeviceList.of(snapshot, resource), kubelet.bell());
    var service =
        new ResourceService(resource, current, () -> snapshot.devicesOf(resource), allocations);
    Path socket = kubelet.folder().newSocket(resource);
    try (var endpoint = ResourceEndpoint.serve(kubelet.grpc(), socket, service, current)) {
      streams = current;
      if (register(endpoint)) {
        watchOver(endpoint, instance);
      }
    } catch (IOException e) {
      notRegistered("CannotServe", "cannot serve on " + socket + ": " + e);
    } finally {
      streams = null;
    }
  }

  private boolean register(ResourceEndpoint endpoint) throws InterruptedException {
    try {
      callRegister(endpoint);
    } catch (StatusRuntimeException e) {
      notRegistered("RegistrationFailed", "kubelet did not register it: " + UnixGrpc.describe(e));
      return false;
    }
    Duration limit = kubelet.timings().stream();
    if (!kubelet.bell().await(() -> stopped || endpoint.streamOpen(), limit)) {
      notRegistered("NoStream", "kubelet registered it but opened no ListAndWatch stream");
      return false;
    }
    return !stopped;
  }

  private void watchOver(ResourceEndpoint endpoint, KubeletInstance instance)
      throws InterruptedException {
    LOG.info("{}: registered as {}", resource, endpoint.name());
    report.accept(this, ResourceRegistration.registered(resource));
    long since = System.nanoTime();
    kubelet.bell().await(() -> stopped || isLost(endpoint, instance));
    if (System.nanoTime() - since > kubelet.timings().retry().toNanos()) {
      retry = FIRST_RETRY;
    }
    if (!stopped) {
      notRegistered(
          "RegistrationLost",
          endpoint.streamOpen()
              ? "kubelet made its folder anew; registering again"
              : "kubelet let the ListAndWatch stream go; registering again");
    }
  }

  private boolean isLost(ResourceEndpoint endpoint, KubeletInstance instance) {
    return !endpoint.streamOpen()
        || !endpoint.isReachable()
        || !kubelet.folder().kubelet().equals(Optional.of(instance));
  }

  private void callRegister(ResourceEndpoint endpoint) {
    ManagedChannel channel = kubelet.grpc().connect(kubelet.folder().kubeletSocket());
    try {
      var _ =
          RegistrationGrpc.newBlockingStub(channel)
              .withDeadlineAfter(kubelet.timings().register())
              .register(
                  RegisterRequest.newBuilder()
                      .setVersion(VERSION)
                      .setEndpoint(endpoint.name())
                      .setResourceName(resource)
                      .setOptions(ResourceService.OPTIONS)
                      .build());
    } finally {
      channel.shutdownNow();
    }
  }

  /** Soon again at first, then less often; at once when another kubelet appears. */
  private void pause(KubeletInstance tried) throws InterruptedException {
    boolean another =
        kubelet.bell().await(() -> stopped || isAnother(kubelet.folder().kubelet(), tried), retry);
    Duration doubled = retry.multipliedBy(2);
    Duration longest = kubelet.timings().retry();
    retry = another ? FIRST_RETRY : doubled.compareTo(longest) < 0 ? doubled : longest;
  }

  private static boolean isAnother(Optional<KubeletInstance> now, KubeletInstance tried) {
    return now.isPresent() && !now.get().equals(tried);
  }

  private void notRegistered(String reason, String message) {
    LOG.warn("{}: {}", resource, message);
    report.accept(this, ResourceRegistration.not(resource, reason, message));
  }

  /** What all resources share on their way to kubelet. */
  record KubeletAccess(PluginFolder folder, UnixGrpc grpc, Bell bell, KubeletTimings timings) {}
}
