package io.vsmmu.standin.kubelet;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.vsmmu.agent.kubelet.api.deviceplugin.AllocateRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.AllocateResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerPreferredAllocationResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.Device;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginGrpc;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginOptions;
import io.vsmmu.agent.kubelet.api.deviceplugin.Empty;
import io.vsmmu.agent.kubelet.api.deviceplugin.ListAndWatchResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.PreferredAllocationRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.PreferredAllocationResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegisterRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegistrationGrpc;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A plugin as simple as can be, to see how the stand-in treats it. */
final class BarePlugin extends DevicePluginGrpc.DevicePluginImplBase implements AutoCloseable {

  final AtomicInteger streams = new AtomicInteger();
  final AtomicInteger allocations = new AtomicInteger();
  final AtomicInteger preferences = new AtomicInteger();

  private final Path folder;
  private final Path socket;
  private final Grpc grpc = new Grpc();
  private @Nullable Server server;
  private volatile @Nullable StreamObserver<ListAndWatchResponse> stream;
  private volatile boolean refusesPreferences;

  BarePlugin(Path folder, String name) {
    this.folder = folder;
    this.socket = folder.resolve(name);
  }

  BarePlugin serve() throws IOException {
    server = grpc.serve(socket, this);
    return this;
  }

  void refusePreferences() {
    refusesPreferences = true;
  }

  /** Registers as a well-behaved plugin does. */
  void register(String resource) {
    register("v1beta1", socket.getFileName().toString(), resource);
  }

  void register(String version, String endpoint, String resource) {
    var channel = grpc.connect(folder.resolve("kubelet.sock"));
    try {
      var _ =
          RegistrationGrpc.newBlockingStub(channel)
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .register(
                  RegisterRequest.newBuilder()
                      .setVersion(version)
                      .setEndpoint(endpoint)
                      .setResourceName(resource)
                      // Whatever is said here, kubelet asks again.
                      .setOptions(DevicePluginOptions.getDefaultInstance())
                      .build());
    } finally {
      channel.shutdownNow();
    }
  }

  void list(String health, String... ids) {
    var response = ListAndWatchResponse.newBuilder();
    for (var id : ids) {
      response.addDevices(Device.newBuilder().setID(id).setHealth(health));
    }
    Objects.requireNonNull(stream, "an open stream").onNext(response.build());
  }

  void endStream() {
    Objects.requireNonNull(stream, "an open stream").onCompleted();
  }

  @Override
  public void getDevicePluginOptions(Empty request, StreamObserver<DevicePluginOptions> observer) {
    observer.onNext(
        DevicePluginOptions.newBuilder().setGetPreferredAllocationAvailable(true).build());
    observer.onCompleted();
  }

  @Override
  public void listAndWatch(Empty request, StreamObserver<ListAndWatchResponse> observer) {
    stream = observer;
    streams.incrementAndGet();
  }

  @Override
  public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> observer) {
    allocations.incrementAndGet();
    observer.onNext(
        AllocateResponse.newBuilder()
            .addContainerResponses(ContainerAllocateResponse.newBuilder().putEnvs("GIVEN", "once"))
            .build());
    observer.onCompleted();
  }

  @Override
  public void getPreferredAllocation(
      PreferredAllocationRequest request, StreamObserver<PreferredAllocationResponse> observer) {
    preferences.incrementAndGet();
    if (refusesPreferences) {
      observer.onError(Status.INTERNAL.withDescription("no preference").asRuntimeException());
      return;
    }
    var ids = request.getContainerRequests(0).getAvailableDeviceIDsList();
    observer.onNext(
        PreferredAllocationResponse.newBuilder()
            .addContainerResponses(
                ContainerPreferredAllocationResponse.newBuilder()
                    .addAllDeviceIDs(List.of(ids.getLast())))
            .build());
    observer.onCompleted();
  }

  @Override
  public void close() {
    if (server != null) {
      server.shutdownNow();
    }
    grpc.close();
  }
}
