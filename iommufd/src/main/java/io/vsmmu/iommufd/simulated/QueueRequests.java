package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.EventQueue;
import io.vsmmu.iommufd.simulated.KernelObject.FaultQueue;
import io.vsmmu.iommufd.simulated.KernelObject.Viommu;
import io.vsmmu.iommufd.uapi.IommuFaultAlloc;
import io.vsmmu.iommufd.uapi.IommuVeventqAlloc;
import java.nio.file.Path;

/** Queues, which are objects with a file of their own. */
final class QueueRequests {
  private static final Path FAULTS = Path.of("[iommufd-pgfault]");
  private static final Path EVENTS = Path.of("[iommufd-viommu-event]");

  private final SimulatedMachine machine;

  QueueRequests(SimulatedMachine machine) {
    this.machine = machine;
  }

  void allocateFaults(IommuCall<IommuFaultAlloc> call) {
    IommuFaultAlloc request = call.request();
    Fail.when(request.flags != 0, Errno.EOPNOTSUPP, "flags");
    FaultQueue queue = call.context().add(FaultQueue::new);
    FaultFile file = new FaultFile(FAULTS, call.context(), queue);
    request.out_fault_id = queue.id();
    request.out_fault_fd = install(call, file);
    call.respondOr(() -> withdraw(call, request.out_fault_fd, queue));
  }

  void allocateEvents(IommuCall<IommuVeventqAlloc> call) {
    IommuVeventqAlloc request = call.request();
    Context context = call.context();
    Fail.when(
        request.flags != 0 || request.__reserved != 0 || request.type == 0,
        Errno.EOPNOTSUPP,
        "flags or no type");
    Fail.when(request.veventq_depth == 0, Errno.EINVAL, "depth 0");
    Viommu viommu = context.get(request.viommu_id, Viommu.class);
    Fail.when(
        context
            .all(EventQueue.class)
            .anyMatch(other -> other.viommu() == viommu && other.type() == request.type),
        Errno.EEXIST,
        "vIOMMU " + viommu.id() + " has a queue of type " + request.type);
    EventQueue queue =
        context.add(id -> new EventQueue(id, viommu, request.type, request.veventq_depth));
    EventFile file = new EventFile(EVENTS, context, queue);
    request.out_veventq_id = queue.id();
    request.out_veventq_fd = install(call, file);
    call.respondOr(() -> withdraw(call, request.out_veventq_fd, queue));
  }

  private int install(IommuCall<?> call, QueueFile file) {
    machine.opened(file);
    try {
      return call.caller().install(file);
    } catch (RuntimeException e) {
      call.context().discard(file.queue());
      throw e;
    }
  }

  private static void withdraw(IommuCall<?> call, int fd, KernelObject.Queue queue) {
    call.caller().uninstall(fd);
    call.context().discard(queue);
  }
}
