package io.vsmmu.lab.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.StreamObserver;
import io.vsmmu.agent.kubelet.api.deviceplugin.AllocateRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.AllocateResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.DeviceSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KvmServiceTest {
  private final KvmService service = new KvmService(() -> {});

  @Test
  void everyContainerGetsTheOneDevice() {
    var answers = new Answers();

    service.allocate(
        AllocateRequest.newBuilder()
            .addContainerRequests(ContainerAllocateRequest.newBuilder().addDevicesIds("kvm0"))
            .addContainerRequests(ContainerAllocateRequest.newBuilder().addDevicesIds("kvm1"))
            .build(),
        answers);

    assertThat(answers.received).hasSize(1);
    assertThat(answers.received.getFirst().getContainerResponsesList())
        .hasSize(2)
        .allSatisfy(container ->
            assertThat(container.getDevicesList())
                .containsExactly(
                    DeviceSpec.newBuilder()
                        .setHostPath("/dev/kvm")
                        .setContainerPath("/dev/kvm")
                        .setPermissions("rw")
                        .build()));
    assertThat(answers.completed).isTrue();
  }

  private static final class Answers implements StreamObserver<AllocateResponse> {
    private final List<AllocateResponse> received = new ArrayList<>();
    private boolean completed;

    @Override
    public void onNext(AllocateResponse value) {
      received.add(value);
    }

    @Override
    public void onError(Throwable failure) {
      throw new AssertionError(failure);
    }

    @Override
    public void onCompleted() {
      completed = true;
    }
  }
}
