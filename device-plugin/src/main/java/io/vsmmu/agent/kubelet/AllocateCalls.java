package io.vsmmu.agent.kubelet;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.vsmmu.agent.allocation.AllocationAnswer;
import io.vsmmu.agent.allocation.AllocationException;
import io.vsmmu.agent.allocation.Allocator;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.DeviceSpec;
import io.vsmmu.agent.kubelet.api.deviceplugin.Mount;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls the allocator on kubelet's behalf and turns its answer, or failure, into kubelet's terms. A
 * call that takes too long fails: kubelet would wait for ever and admit no pod meanwhile. What such
 * a call still prepares is superseded by the next Allocate of the same devices, or found released.
 */
final class AllocateCalls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AllocateCalls.class);

  private final Allocator allocator;
  private final Duration limit;
  private final ExecutorService workers =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("allocate-", 0).factory());

  AllocateCalls(Allocator allocator, Duration limit) {
    this.allocator = allocator;
    this.limit = limit;
  }

  /**
   * @throws StatusRuntimeException with a description that names the devices and the cause: kubelet
   *     puts it into the pod's status
   */
  ContainerAllocateResponse allocate(String resource, List<String> ids)
      throws InterruptedException {
    if (ids.isEmpty()) {
      throw Status.INVALID_ARGUMENT
          .withDescription("Allocate of " + resource + " without device ids")
          .asRuntimeException();
    }
    Future<AllocationAnswer> answer =
        workers.submit(() -> allocator.allocate(resource, Set.copyOf(ids)));
    try {
      return response(answer.get(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (TimeoutException e) {
      answer.cancel(true);
      throw Status.DEADLINE_EXCEEDED
          .withDescription(
              "preparing %s %s took longer than %d ms; the node's log tells what it waited for"
                  .formatted(resource, ids, limit.toMillis()))
          .withCause(e)
          .asRuntimeException();
    } catch (ExecutionException e) {
      throw failure(resource, ids, e.getCause() == null ? e : e.getCause());
    }
  }

  private static StatusRuntimeException failure(
      String resource, List<String> ids, Throwable cause) {
    if (cause instanceof AllocationException) {
      return Status.FAILED_PRECONDITION
          .withDescription(cause.getMessage())
          .withCause(cause)
          .asRuntimeException();
    }
    LOG.error("allocating {} {}", resource, ids, cause);
    return Status.INTERNAL
        .withDescription("allocating %s %s: %s".formatted(resource, ids, cause))
        .withCause(cause)
        .asRuntimeException();
  }

  private static ContainerAllocateResponse response(AllocationAnswer answer) {
    var response = ContainerAllocateResponse.newBuilder().putAllEnvs(answer.env());
    for (var mount : answer.mounts()) {
      response.addMounts(
          Mount.newBuilder()
              .setHostPath(mount.host().toString())
              .setContainerPath(mount.container().toString())
              .setReadOnly(mount.readOnly()));
    }
    for (var device : answer.devices()) {
      response.addDevices(
          DeviceSpec.newBuilder()
              .setHostPath(device.host().toString())
              .setContainerPath(device.container().toString())
              .setPermissions(device.permissions()));
    }
    return response.build();
  }

  @Override
  public void close() {
    workers.shutdownNow();
  }
}
