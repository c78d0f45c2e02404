package io.vsmmu.standin.kubelet;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.vsmmu.agent.kubelet.api.deviceplugin.Empty;
import io.vsmmu.agent.kubelet.api.deviceplugin.ListAndWatchResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegisterRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegistrationGrpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Registers plugins, dialling back inside Register, and keeps their connections. */
final class PluginRegistry extends RegistrationGrpc.RegistrationImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(PluginRegistry.class);
  private static final String VERSION = "v1beta1";
  private static final int LONGEST_ID = 63;
  private static final Duration DIAL_LIMIT = Duration.ofSeconds(10);
  private static final Pattern EXTENDED_RESOURCE =
      Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");

  private final Path folder;
  private final Grpc grpc;
  private final KubeletGeneration generation;
  private final ResourceBook book;
  private final Runnable changed;
  private final Map<String, List<PluginConnection>> connections = new HashMap<>();
  private int registrations;
  private volatile boolean watching = true;

  PluginRegistry(
      Path folder, Grpc grpc, KubeletGeneration generation, ResourceBook book, Runnable changed) {
    this.folder = folder;
    this.grpc = grpc;
    this.generation = generation;
    this.book = book;
    this.changed = changed;
  }

  @Override
  public void register(RegisterRequest request, StreamObserver<Empty> observer) {
    try {
      connect(request);
    } catch (StatusRuntimeException e) {
      LOG.info(
          "refused {} at {}: {}", request.getResourceName(), request.getEndpoint(), e.toString());
      observer.onError(e);
      return;
    }
    observer.onNext(Empty.getDefaultInstance());
    observer.onCompleted();
  }

  private void connect(RegisterRequest request) {
    String resource = request.getResourceName();
    if (!request.getVersion().equals(VERSION)) {
      throw refusal("unsupported version " + request.getVersion());
    }
    if (!EXTENDED_RESOURCE.matcher(resource).matches()) {
      throw refusal("not an extended resource name: " + resource);
    }
    // Joined, not resolved: an absolute path is one below the folder, too.
    Path socket = Path.of(folder + "/" + request.getEndpoint()).normalize();
    if (generation == KubeletGeneration.BY_SOCKET && isConnected(resource, socket)) {
      throw refusal("device plugin already connected: " + socket);
    }
    PluginConnection connection = PluginConnection.dial(grpc, resource, socket, DIAL_LIMIT);
    synchronized (connections) {
      List<PluginConnection> ofResource =
          connections.computeIfAbsent(resource, name -> new ArrayList<>());
      if (generation == KubeletGeneration.BY_RESOURCE) {
        ofResource.clear();
      }
      ofResource.add(connection);
      registrations++;
    }
    if (!watching) {
      return;
    }
    // Not in the context of the Register call, whose end would cancel the stream.
    Context.ROOT.run(
        () -> connection.watch(list -> learn(connection, list), () -> ended(connection)));
  }

  private void learn(PluginConnection connection, ListAndWatchResponse list) {
    var resource = connection.resource();
    for (var device : list.getDevicesList()) {
      if (device.getID().length() > LONGEST_ID) {
        LOG.error("{}: an id of more than {} characters: {}", resource, LONGEST_ID, device.getID());
        connection.disconnect();
        return;
      }
    }
    book.replace(resource, list.getDevicesList(), list.getSerializedSize());
    changed.run();
  }

  /** Opens no stream any more after a plugin has registered. */
  void watchNoMore() {
    watching = false;
  }

  /** Opens streams again. */
  void watchAgain() {
    watching = true;
  }

  /** Lets every stream go, as after a message that it cannot take. */
  void dropStreams() {
    synchronized (connections) {
      connections.values().stream().flatMap(List::stream).forEach(PluginConnection::disconnect);
    }
  }

  private boolean isConnected(String resource, Path socket) {
    synchronized (connections) {
      return connections.getOrDefault(resource, List.of()).stream()
          .anyMatch(connection -> connection.socket().equals(socket));
    }
  }

  private void ended(PluginConnection connection) {
    synchronized (connections) {
      String resource = connection.resource();
      List<PluginConnection> ofResource =
          connections.computeIfAbsent(resource, name -> new ArrayList<>());
      List<PluginConnection> dropped =
          switch (generation) {
            case BY_SOCKET -> List.of(connection);
            case BY_RESOURCE -> List.copyOf(ofResource);
          };
      dropped.forEach(PluginConnection::disconnect);
      connection.disconnect();
      ofResource.removeAll(dropped);
      if (ofResource.isEmpty()) {
        book.abandon(resource);
      }
    }
    changed.run();
  }

  /** The plugin that serves a resource now. */
  Optional<PluginConnection> plugin(String resource) {
    synchronized (connections) {
      List<PluginConnection> ofResource = connections.getOrDefault(resource, List.of());
      return ofResource.isEmpty() ? Optional.empty() : Optional.of(ofResource.getLast());
    }
  }

  int registrations() {
    synchronized (connections) {
      return registrations;
    }
  }

  void disconnectAll() {
    synchronized (connections) {
      connections.values().stream().flatMap(List::stream).forEach(PluginConnection::disconnect);
      connections.clear();
    }
  }

  private static StatusRuntimeException refusal(String why) {
    return Status.UNKNOWN.withDescription(why).asRuntimeException();
  }
}
