package io.vsmmu.hook.serve;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.vsmmu.hook.serve.api.info.InfoGrpc;
import io.vsmmu.hook.serve.api.info.InfoParams;
import io.vsmmu.hook.serve.api.info.InfoResult;
import io.vsmmu.hook.serve.api.v1alpha3.CallbacksGrpc;
import io.vsmmu.hook.serve.api.v1alpha3.OnDefineDomainParams;
import io.vsmmu.hook.serve.api.v1alpha3.PreCloudInitIsoParams;
import io.vsmmu.hook.serve.api.v1alpha3.PreCloudInitIsoResult;
import io.vsmmu.hook.serve.api.v1alpha3.ShutdownParams;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Calls a hook sidecar as virt-launcher does, with more time: this JVM is cold too. */
public final class HookClient implements AutoCloseable {

  private final UnixGrpc grpc = new UnixGrpc();
  private final ManagedChannel channel;

  public HookClient(Path socket) {
    channel = grpc.connect(socket);
  }

  public InfoResult info() {
    return InfoGrpc.newBlockingStub(channel)
        .withDeadlineAfter(1, TimeUnit.MINUTES)
        .info(InfoParams.getDefaultInstance());
  }

  public ByteString define(ByteString domainXml, String vmi) {
    return callbacks()
        .onDefineDomain(
            OnDefineDomainParams.newBuilder()
                .setDomainXML(domainXml)
                .setVmi(ByteString.copyFromUtf8(vmi))
                .build())
        .getDomainXML();
  }

  public String define(String domainXml, String vmi) {
    return define(ByteString.copyFromUtf8(domainXml), vmi).toStringUtf8();
  }

  PreCloudInitIsoResult preCloudInitIso(PreCloudInitIsoParams params) {
    return callbacks().preCloudInitIso(params);
  }

  public void shutdown() {
    var _ = callbacks().shutdown(ShutdownParams.getDefaultInstance());
  }

  private CallbacksGrpc.CallbacksBlockingStub callbacks() {
    return CallbacksGrpc.newBlockingStub(channel).withDeadlineAfter(1, TimeUnit.MINUTES);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    grpc.close();
  }
}
