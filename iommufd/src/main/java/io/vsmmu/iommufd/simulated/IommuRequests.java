package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.IommuDestroy;
import io.vsmmu.iommufd.uapi.IommuFaultAlloc;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptInvalidate;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasIovaRanges;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasMapFile;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuOption;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;
import io.vsmmu.iommufd.uapi.IommuVeventqAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.Request;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The requests on an iommufd. Those of this package check in the kernel's order ({@code
 * drivers/iommu/iommufd}).
 */
final class IommuRequests {

  /** Carries a request out and answers it. */
  interface Handler<R extends Request> {
    void handle(IommuCall<R> call);
  }

  /**
   * @param minimum bytes that the first version of the structure had
   */
  private record Entry<R extends Request>(Supplier<R> blank, int minimum, Handler<R> handler) {
    void run(Context context, long argument, Caller caller) {
      R request = Arguments.read(caller.memory(), argument, blank.get(), minimum);
      handler.handle(new IommuCall<>(context, request, argument, caller));
    }
  }

  private final Map<Integer, Entry<?>> table = new HashMap<>();

  IommuRequests(SimulatedMachine machine) {
    PageTableRequests pageTables = new PageTableRequests(machine.node().sharesNestingParents());
    QueueRequests queues = new QueueRequests(machine);
    add(IommuDestroy::new, 8, call -> call.context().destroy(call.request().id));
    add(IommuOption::new, 24, OptionRequest::run);
    add(IommuHwInfo::new, 32, HardwareInfoRequest::run);
    add(IommuIoasAlloc::new, 12, AddressSpaceRequests::allocate);
    add(IommuIoasIovaRanges::new, 32, AddressSpaceRequests::ranges);
    add(IommuIoasMap::new, 40, AddressSpaceRequests::map);
    add(IommuIoasMapFile::new, 40, AddressSpaceRequests::mapFile);
    add(IommuIoasUnmap::new, 24, AddressSpaceRequests::unmap);
    add(IommuHwptAlloc::new, 24, pageTables::allocate);
    add(IommuHwptInvalidate::new, 32, InvalidateRequest::run);
    add(IommuViommuAlloc::new, 24, ViommuRequests::allocate);
    add(IommuVdeviceAlloc::new, 24, ViommuRequests::allocateVdevice);
    add(IommuVeventqAlloc::new, 28, queues::allocateEvents);
    add(IommuFaultAlloc::new, 16, queues::allocateFaults);
  }

  private <R extends Request> void add(Supplier<R> blank, int minimum, Handler<R> handler) {
    table.put(blank.get().ioctl().number(), new Entry<>(blank, minimum, handler));
  }

  void run(Context context, int request, long argument, Caller caller) {
    Entry<?> entry = table.get(request);
    if (entry == null) {
      throw Fail.with(Errno.ENOTTY, "request 0x" + Integer.toHexString(request));
    }
    entry.run(context, argument, caller);
  }
}
