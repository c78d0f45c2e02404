package io.vsmmu.agent.kubelet;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.kubelet.api.deviceplugin.AllocateRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.AllocateResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerPreferredAllocationResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginGrpc;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginOptions;
import io.vsmmu.agent.kubelet.api.deviceplugin.Empty;
import io.vsmmu.agent.kubelet.api.deviceplugin.ListAndWatchResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.PreferredAllocationRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.PreferredAllocationResponse;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What kubelet calls, for one resource. */
final class ResourceService extends DevicePluginGrpc.DevicePluginImplBase {
  static final DevicePluginOptions OPTIONS =
      DevicePluginOptions.newBuilder().setGetPreferredAllocationAvailable(true).build();

  private static final Logger LOG = LoggerFactory.getLogger(ResourceService.class);

  private final String resource;
  private final DeviceStreams streams;
  private final Supplier<List<Device>> devices;
  private final AllocateCalls allocations;

  ResourceService(
      String resource,
      DeviceStreams streams,
      Supplier<List<Device>> devices,
      AllocateCalls allocations) {
    this.resource = resource;
    this.streams = streams;
    this.devices = devices;
    this.allocations = allocations;
  }

  @Override
  public void getDevicePluginOptions(Empty request, StreamObserver<DevicePluginOptions> observer) {
    observer.onNext(OPTIONS);
    observer.onCompleted();
  }

  @Override
  public void listAndWatch(Empty request, StreamObserver<ListAndWatchResponse> observer) {
    streams.open((ServerCallStreamObserver<ListAndWatchResponse>) observer);
  }

  @Override
  public void getPreferredAllocation(
      PreferredAllocationRequest request, StreamObserver<PreferredAllocationResponse> observer) {
    var preferred = new PreferredDevices(devices.get());
    var response = PreferredAllocationResponse.newBuilder();
    for (var container : request.getContainerRequestsList()) {
      response.addContainerResponses(
          ContainerPreferredAllocationResponse.newBuilder()
              .addAllDeviceIDs(
                  preferred.choose(
                      container.getAvailableDeviceIDsList(),
                      container.getMustIncludeDeviceIDsList(),
                      container.getAllocationSize())));
    }
    observer.onNext(response.build());
    observer.onCompleted();
  }

  @Override
  public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> observer) {
    var response = AllocateResponse.newBuilder();
    try {
      for (var container : request.getContainerRequestsList()) {
        response.addContainerResponses(
            allocations.allocate(resource, container.getDevicesIdsList()));
      }
    } catch (StatusRuntimeException e) {
      LOG.error("{}: Allocate {} failed: {}", resource, ids(request), e.getMessage());
      observer.onError(e);
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      observer.onError(
          Status.UNAVAILABLE.withDescription("the agent is stopping").asRuntimeException());
      return;
    }
    LOG.info("{}: allocated {}", resource, ids(request));
    observer.onNext(response.build());
    observer.onCompleted();
  }

  private static List<List<String>> ids(AllocateRequest request) {
    return request.getContainerRequestsList().stream()
        .map(container -> List.copyOf(container.getDevicesIdsList()))
        .toList();
  }
}
