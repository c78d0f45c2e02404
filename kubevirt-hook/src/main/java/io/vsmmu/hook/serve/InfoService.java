package io.vsmmu.hook.serve;

import io.grpc.stub.StreamObserver;
import io.vsmmu.hook.serve.api.info.HookPoint;
import io.vsmmu.hook.serve.api.info.InfoGrpc;
import io.vsmmu.hook.serve.api.info.InfoParams;
import io.vsmmu.hook.serve.api.info.InfoResult;

/** Says what this sidecar wants to be called for. */
final class InfoService extends InfoGrpc.InfoImplBase {

  private static final InfoResult INFO =
      InfoResult.newBuilder()
          .setName("vsmmu")
          .addVersions("v1alpha3")
          .addHookPoints(HookPoint.newBuilder().setName("OnDefineDomain"))
          .addHookPoints(HookPoint.newBuilder().setName("Shutdown"))
          .build();

  @Override
  public void info(InfoParams request, StreamObserver<InfoResult> answer) {
    answer.onNext(INFO);
    answer.onCompleted();
  }
}
