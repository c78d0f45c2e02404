package io.vsmmu.lab.vm;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.vsmmu.agent.kubelet.api.deviceplugin.AllocateRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.AllocateResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.Device;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginGrpc;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginOptions;
import io.vsmmu.agent.kubelet.api.deviceplugin.DeviceSpec;
import io.vsmmu.agent.kubelet.api.deviceplugin.Empty;
import io.vsmmu.agent.kubelet.api.deviceplugin.ListAndWatchResponse;
import java.util.stream.IntStream;

/** Offers one device node to several pods: {@code /dev/kvm} has no owner. */
final class KvmService extends DevicePluginGrpc.DevicePluginImplBase {
  static final String KVM = "/dev/kvm";

  /** How many pods can have it at a time. */
  static final int SHARES = 16;

  private final Runnable kubeletGone;

  /**
   * @param kubeletGone run when kubelet has ended the list of devices
   */
  KvmService(Runnable kubeletGone) {
    this.kubeletGone = kubeletGone;
  }

  @Override
  public void getDevicePluginOptions(Empty request, StreamObserver<DevicePluginOptions> answer) {
    answer.onNext(DevicePluginOptions.getDefaultInstance());
    answer.onCompleted();
  }

  @Override
  public void listAndWatch(Empty request, StreamObserver<ListAndWatchResponse> answer) {
    ((ServerCallStreamObserver<ListAndWatchResponse>) answer).setOnCancelHandler(kubeletGone);
    var list = ListAndWatchResponse.newBuilder();
    IntStream.range(0, SHARES)
        .mapToObj(share -> Device.newBuilder().setID("kvm" + share).setHealth("Healthy"))
        .forEach(list::addDevices);
    answer.onNext(list.build());
  }

  @Override
  public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> answer) {
    var container =
        ContainerAllocateResponse.newBuilder()
            .addDevices(
                DeviceSpec.newBuilder()
                    .setHostPath(KVM)
                    .setContainerPath(KVM)
                    .setPermissions("rw"));
    var response = AllocateResponse.newBuilder();
    request.getContainerRequestsList().forEach(each -> response.addContainerResponses(container));
    answer.onNext(response.build());
    answer.onCompleted();
  }
}
