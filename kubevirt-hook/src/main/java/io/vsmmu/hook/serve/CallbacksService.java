package io.vsmmu.hook.serve;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.vsmmu.hook.domain.MalformedDomainException;
import io.vsmmu.hook.machine.Annotations;
import io.vsmmu.hook.machine.InvalidMachineException;
import io.vsmmu.hook.machine.Machine;
import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.hook.plan.UnplaceableException;
import io.vsmmu.hook.rewrite.GuestTopology;
import io.vsmmu.hook.serve.api.v1alpha3.CallbacksGrpc;
import io.vsmmu.hook.serve.api.v1alpha3.OnDefineDomainParams;
import io.vsmmu.hook.serve.api.v1alpha3.OnDefineDomainResult;
import io.vsmmu.hook.serve.api.v1alpha3.PreCloudInitIsoParams;
import io.vsmmu.hook.serve.api.v1alpha3.PreCloudInitIsoResult;
import io.vsmmu.hook.serve.api.v1alpha3.ShutdownParams;
import io.vsmmu.hook.serve.api.v1alpha3.ShutdownResult;
import io.vsmmu.hook.xml.MalformedXmlException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What virt-launcher calls. KubeVirt shows the description of a failure as the VM's {@code
 * SyncFailed} event, so it is written for the VM's user.
 */
final class CallbacksService extends CallbacksGrpc.CallbacksImplBase {

  private static final Logger LOG = LoggerFactory.getLogger(CallbacksService.class);

  private final HostFunctions functions;
  private final Runnable whenShutDown;

  /**
   * @param whenShutDown called once the answer to Shutdown is out
   */
  CallbacksService(HostFunctions functions, Runnable whenShutDown) {
    this.functions = functions;
    this.whenShutDown = whenShutDown;
  }

  @Override
  public void onDefineDomain(
      OnDefineDomainParams request, StreamObserver<OnDefineDomainResult> answer) {
    try {
      var xml = defined(text("domainXML", request.getDomainXML()), text("vmi", request.getVmi()));
      answer.onNext(
          OnDefineDomainResult.newBuilder().setDomainXML(ByteString.copyFromUtf8(xml)).build());
      answer.onCompleted();
    } catch (UnplaceableException e) {
      answer.onError(failure(Status.FAILED_PRECONDITION, e));
    } catch (MalformedXmlException | MalformedDomainException e) {
      answer.onError(failure(Status.INVALID_ARGUMENT.withDescription("domain XML: "), e));
    } catch (InvalidMachineException e) {
      answer.onError(failure(Status.INVALID_ARGUMENT, e));
    } catch (StatusRuntimeException e) {
      answer.onError(e);
    } catch (RuntimeException e) {
      LOG.error("a fault of this program", e);
      answer.onError(failure(Status.INTERNAL.withDescription("fault of the sidecar: "), e));
    }
  }

  private String defined(String xml, String vmi)
      throws MalformedXmlException,
          MalformedDomainException,
          UnplaceableException,
          InvalidMachineException {
    var machine = Machine.parse(vmi);
    var topology = GuestTopology.of(xml, functions, Annotations.overrides(machine));
    if (topology.plan().placements().isEmpty()) {
      LOG.info("{}: no device behind an SMMUv3, the domain stays as it is", machine);
    }
    for (var placement : topology.plan().placements()) {
      LOG.info(
          "{}: vSMMU on bus {} for {}: {}",
          machine,
          placement.bus(),
          placement.smmu(),
          placement.devices());
    }
    return topology.xml();
  }

  @Override
  public void preCloudInitIso(
      PreCloudInitIsoParams request, StreamObserver<PreCloudInitIsoResult> answer) {
    answer.onNext(
        PreCloudInitIsoResult.newBuilder()
            .setCloudInitData(request.getCloudInitData())
            .setCloudInitNoCloudSource(request.getCloudInitNoCloudSource())
            .build());
    answer.onCompleted();
  }

  @Override
  public void shutdown(ShutdownParams request, StreamObserver<ShutdownResult> answer) {
    answer.onNext(ShutdownResult.getDefaultInstance());
    answer.onCompleted();
    whenShutDown.run();
  }

  private static String text(String what, ByteString bytes) {
    if (!bytes.isValidUtf8()) {
      throw Status.INVALID_ARGUMENT
          .withDescription("VSmmu: the %s of %d bytes is no UTF-8".formatted(what, bytes.size()))
          .asRuntimeException();
    }
    return bytes.toStringUtf8();
  }

  private static RuntimeException failure(Status status, Exception cause) {
    var prefix = status.getDescription() == null ? "" : status.getDescription();
    var description = "VSmmu: " + prefix + cause.getMessage();
    LOG.error("{}", description);
    return status.withDescription(description).asRuntimeException();
  }
}
