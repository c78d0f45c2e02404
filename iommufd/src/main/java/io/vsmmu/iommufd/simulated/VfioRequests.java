package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.AddressSpace;
import io.vsmmu.iommufd.simulated.KernelObject.Device;
import io.vsmmu.iommufd.simulated.KernelObject.Nested;
import io.vsmmu.iommufd.simulated.KernelObject.PageTable;
import io.vsmmu.iommufd.simulated.KernelObject.Paging;
import io.vsmmu.iommufd.simulated.KernelObject.Vdevice;
import io.vsmmu.iommufd.simulated.VfioFile.Binding;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import io.vsmmu.iommufd.uapi.VfioDeviceDetachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceInfo;
import java.util.Optional;

/** The requests on a VFIO character device, with the checks in the kernel's order. */
final class VfioRequests {
  private static final int RESET = 0x3b6f;
  private static final int PCI_REGIONS = 9;
  private static final int PCI_IRQS = 5;

  private VfioRequests() {}

  static void run(VfioFile file, int request, long argument, Caller caller) {
    if (request == VfioDeviceBindIommufd.REQUEST.number()) {
      bind(file, argument, caller);
      return;
    }
    Binding binding = file.binding();
    if (binding == null) {
      throw Fail.with(Errno.EINVAL, "not bound");
    }
    if (request == VfioDeviceAttachIommufdPt.REQUEST.number()) {
      attach(binding, argument, caller);
    } else if (request == VfioDeviceDetachIommufdPt.REQUEST.number()) {
      detach(binding, argument, caller);
    } else if (request == VfioDeviceInfo.REQUEST.number()) {
      info(argument, caller);
    } else if (request != RESET) {
      throw Fail.with(Errno.ENOTTY, "request 0x" + Integer.toHexString(request));
    }
  }

  private static void bind(VfioFile file, long argument, Caller caller) {
    VfioDeviceBindIommufd request =
        Arguments.read(caller.memory(), argument, new VfioDeviceBindIommufd(), 16);
    Fail.when(request.iommufd < 0 || request.flags != 0, Errno.EINVAL, "descriptor or flags");
    Fail.when(file.binding() != null, Errno.EINVAL, "this file is bound");
    OpenFile target = caller.file(request.iommufd);
    if (target == null) {
      throw Fail.with(Errno.EBADF, "descriptor " + request.iommufd);
    }
    if (!(target instanceof IommuFile iommu)) {
      throw Fail.with(Errno.EBADFD, target.device() + " is not an iommufd");
    }
    FunctionState function = file.function();
    Fail.when(function.boundFile() != null, Errno.EINVAL, "another file of the device is bound");
    Fail.when(
        function.device().directReserved() || !function.smmu().smmu().coherent(),
        Errno.EINVAL,
        "direct reserved region, or an SMMU that is not coherent");
    Context context = iommu.context();
    function.group().requireFreeFor(context);
    Device device = context.add(id -> new Device(id, function));
    context.reference();
    function.group().bind(context, device);
    file.bound(new Binding(context, device));
    request.out_devid = device.id();
    Arguments.respond(caller.memory(), argument, request);
  }

  private static void attach(Binding binding, long argument, Caller caller) {
    VfioDeviceAttachIommufdPt request =
        Arguments.readPart(caller.memory(), argument, new VfioDeviceAttachIommufdPt(), 12);
    Fail.when(request.flags != 0, Errno.EINVAL, "flags");
    Context context = binding.context();
    Device device = binding.device();
    KernelObject target =
        context
            .find(request.pt_id)
            .orElseThrow(() -> Fail.with(Errno.ENOENT, "no object " + request.pt_id));
    GroupState group = device.function().group();
    PageTable left = group.attachment(device);
    PageTable entered =
        switch (target) {
          case PageTable table -> {
            attach(context, device, table);
            yield table;
          }
          case AddressSpace ioas -> attachAutomatically(context, device, ioas);
          default -> throw Fail.with(Errno.EINVAL, "object " + request.pt_id + " is no page table");
        };
    if (left != null && left != entered) {
      context.removeIfAutomatic(left);
    }
    request.pt_id = entered.id();
    Arguments.respondPart(caller.memory(), argument, request, 12);
  }

  private static void attach(Context context, Device device, PageTable table) {
    GroupState group = device.function().group();
    for (Device each : group.attachedWith(device)) {
      Fail.when(!table.fits(each.function().smmu()), Errno.EINVAL, "page table of another SMMU");
      if (table instanceof Nested nested && nested.translates()) {
        Fail.when(
            context
                .all(Vdevice.class)
                .noneMatch(link -> link.device() == each && link.viommu() == nested.viommu()),
            Errno.ENOENT,
            "no vDEVICE of " + each.function().device().pciAddress());
      }
    }
    group.attach(device, table);
  }

  /** Attaches to a page table that the kernel makes, or made, for the address space. */
  private static PageTable attachAutomatically(Context context, Device device, AddressSpace ioas) {
    SmmuState smmu = device.function().smmu();
    Optional<Paging> existing =
        context
            .all(Paging.class)
            .filter(table -> table.automatic() && table.ioas() == ioas && table.fits(smmu))
            .findFirst();
    Paging table =
        existing.orElseGet(() -> context.add(id -> new Paging(id, ioas, smmu, false, true, false)));
    try {
      attach(context, device, table);
    } catch (RuntimeException e) {
      context.removeIfAutomatic(table);
      throw e;
    }
    return table;
  }

  private static void detach(Binding binding, long argument, Caller caller) {
    VfioDeviceDetachIommufdPt request =
        Arguments.readPart(caller.memory(), argument, new VfioDeviceDetachIommufdPt(), 8);
    Fail.when(request.flags != 0, Errno.EINVAL, "flags");
    Device device = binding.device();
    PageTable left = device.function().group().detach(device);
    if (left != null) {
      binding.context().removeIfAutomatic(left);
    }
  }

  private static void info(long argument, Caller caller) {
    VfioDeviceInfo request =
        Arguments.readPart(caller.memory(), argument, new VfioDeviceInfo(), 16);
    request.flags = VfioDeviceInfo.VFIO_DEVICE_FLAGS_RESET | VfioDeviceInfo.VFIO_DEVICE_FLAGS_PCI;
    request.num_regions = PCI_REGIONS;
    request.num_irqs = PCI_IRQS;
    Arguments.respondPart(caller.memory(), argument, request, 16);
  }
}
