package io.vsmmu.standin.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.vsmmu.agent.kubelet.api.deviceplugin.AllocateRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerPreferredAllocationRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginGrpc;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginOptions;
import io.vsmmu.agent.kubelet.api.deviceplugin.Empty;
import io.vsmmu.agent.kubelet.api.deviceplugin.ListAndWatchResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.PreferredAllocationRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection to a registered plugin and its one ListAndWatch stream. */
final class PluginConnection {
  private static final Logger LOG = LoggerFactory.getLogger(PluginConnection.class);

  private final String resource;
  private final Path socket;
  private final ManagedChannel channel;
  private final DevicePluginOptions options;

  private PluginConnection(
      String resource, Path socket, ManagedChannel channel, DevicePluginOptions options) {
    this.resource = resource;
    this.socket = socket;
    this.channel = channel;
    this.options = options;
  }

  /** Dials the plugin, which must be serving already. */
  static PluginConnection dial(Grpc grpc, String resource, Path socket, Duration limit) {
    ManagedChannel channel = grpc.connect(socket);
    try {
      DevicePluginOptions options =
          DevicePluginGrpc.newBlockingStub(channel)
              .withDeadlineAfter(limit)
              .getDevicePluginOptions(Empty.getDefaultInstance());
      return new PluginConnection(resource, socket, channel, options);
    } catch (RuntimeException e) {
      channel.shutdownNow();
      throw e;
    }
  }

  String resource() {
    return resource;
  }

  Path socket() {
    return socket;
  }

  /** Opens the stream, once. */
  void watch(Consumer<ListAndWatchResponse> lists, Runnable ended) {
    DevicePluginGrpc.newStub(channel)
        .listAndWatch(
            Empty.getDefaultInstance(),
            new StreamObserver<>() {
              @Override
              public void onNext(ListAndWatchResponse response) {
                lists.accept(response);
              }

              @Override
              public void onError(Throwable e) {
                LOG.info("{}: ListAndWatch of {} ended: {}", resource, socket, e.toString());
                ended.run();
              }

              @Override
              public void onCompleted() {
                ended.run();
              }
            });
  }

  boolean hasPreferences() {
    return options.getGetPreferredAllocationAvailable();
  }

  List<String> preferred(Collection<String> available, int size) {
    var response =
        DevicePluginGrpc.newBlockingStub(channel)
            .getPreferredAllocation(
                PreferredAllocationRequest.newBuilder()
                    .addContainerRequests(
                        ContainerPreferredAllocationRequest.newBuilder()
                            .addAllAvailableDeviceIDs(available)
                            .setAllocationSize(size))
                    .build());
    return response.getContainerResponses(0).getDeviceIDsList();
  }

  /** Waits for as long as the plugin takes. */
  ContainerAllocateResponse allocate(Collection<String> ids) {
    var response =
        DevicePluginGrpc.newBlockingStub(channel)
            .allocate(
                AllocateRequest.newBuilder()
                    .addContainerRequests(
                        ContainerAllocateRequest.newBuilder().addAllDevicesIds(ids))
                    .build());
    return response.getContainerResponses(0);
  }

  void disconnect() {
    channel.shutdownNow();
  }
}
