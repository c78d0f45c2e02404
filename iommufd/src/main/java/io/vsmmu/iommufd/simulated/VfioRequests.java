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
import io.vsmmu.iommufd.uapi.VfioDeviceReset;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The requests on a VFIO character device, with the checks in the kernel's order. */
final class VfioRequests {
  /** {@code VFIO_DEVICE_BIND_FLAG_TOKEN}. */
  private static final int TOKEN = 1;

  private static final int TOKEN_SIZE = 16;

  /** {@code VFIO_DEVICE_ATTACH_PASID} and {@code VFIO_DEVICE_DETACH_PASID}. */
  private static final int PASID = 1;

  private static final int INFO_MINIMUM = 16;
  private static final int PCI_REGIONS = 9;
  private static final int PCI_IRQS = 5;

  private VfioRequests() {}

  /**
   * @param isolatedMsi whether interrupts of devices are checked for whose they are
   */
  static void run(boolean isolatedMsi, VfioFile file, int request, long argument, Caller caller) {
    if (request == VfioDeviceBindIommufd.REQUEST.number()) {
      bind(isolatedMsi, file, argument, caller);
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
      info(file.function(), argument, caller);
    } else if (request == VfioDeviceReset.REQUEST.number()) {
      Fail.when(!file.function().device().resettable(), Errno.EINVAL, "no reset method");
    } else {
      throw Fail.with(Errno.ENOTTY, "request 0x" + Integer.toHexString(request));
    }
  }

  private static void bind(boolean isolatedMsi, VfioFile file, long argument, Caller caller) {
    VfioDeviceBindIommufd request =
        Arguments.read(caller.memory(), argument, new VfioDeviceBindIommufd(), 16);
    Fail.when(
        request.iommufd < 0 || (request.flags & ~TOKEN) != 0, Errno.EINVAL, "descriptor or flags");
    Fail.when(file.binding() != null, Errno.EINVAL, "this file is bound");
    if ((request.flags & TOKEN) != 0) {
      byte[] _ = caller.memory().read(request.token_uuid_ptr, TOKEN_SIZE);
      throw Fail.with(Errno.EINVAL, "a token for a device without one");
    }
    OpenFile target = caller.file(request.iommufd);
    if (target == null) {
      // EBADF when it is not open.
      HostFile _ = caller.hostFile(request.iommufd);
      throw Fail.with(Errno.EBADFD, "descriptor " + request.iommufd + " is no file of the machine");
    }
    if (!(target instanceof IommuFile iommu)) {
      throw Fail.with(Errno.EBADFD, target.device() + " is not an iommufd");
    }
    FunctionState function = file.function();
    Fail.when(function.boundFile() != null, Errno.EINVAL, "another file of the device is bound");
    Fail.when(!function.smmu().smmu().coherent(), Errno.EINVAL, "SMMU that is not coherent");
    Fail.when(!isolatedMsi, Errno.EPERM, "interrupts of devices are not isolated");
    Context context = iommu.context();
    function.group().requireFreeFor(context);
    Device device = context.add(id -> new Device(id, function));
    context.reference();
    function.group().bind(context, device);
    file.bound(new Binding(context, device));
    request.out_devid = device.id();
    try {
      Arguments.respond(caller.memory(), argument, request);
    } catch (RuntimeException e) {
      unbind(file);
      throw e;
    }
  }

  /**
   * Undoes a bind.
   *
   * @return whether that was the last use of the context
   */
  static boolean unbind(VfioFile file) {
    Binding binding = file.binding();
    if (binding == null) {
      return false;
    }
    file.unbound();
    binding.context().removeDevice(binding.device());
    return binding.context().dereference();
  }

  private static void attach(Binding binding, long argument, Caller caller) {
    VfioDeviceAttachIommufdPt request =
        Arguments.readPart(caller.memory(), argument, new VfioDeviceAttachIommufdPt(), 12);
    refuseFlags(request.flags);
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
    try {
      Arguments.respondPart(caller.memory(), argument, request, 12);
    } catch (RuntimeException e) {
      // Not back to what it was behind before: the kernel detaches.
      detach(binding);
      throw e;
    }
  }

  private static void attach(Context context, Device device, PageTable table) {
    GroupState group = device.function().group();
    group.attach(device, table, () -> install(context, group, table));
  }

  /** The SMMU puts all functions of a group behind a page table, also those that nobody bound. */
  private static void install(Context context, GroupState group, PageTable table) {
    for (FunctionState function : group.functions()) {
      Fail.when(!table.fits(function.smmu()), Errno.EINVAL, "page table of another SMMU");
      Fail.when(
          table instanceof Nested nested
              && nested.translates()
              && context
                  .all(Vdevice.class)
                  .noneMatch(link ->
                      link.device().function() == function && link.viommu() == nested.viommu()),
          Errno.ENOENT,
          "no vDEVICE of " + function.device().pciAddress());
    }
    context
        .all(Device.class)
        .filter(each -> each.function().group() == group)
        .forEach(each ->
            each.setLink(table instanceof Nested nested ? linkOf(context, each, nested) : null));
  }

  private static @Nullable Vdevice linkOf(Context context, Device device, Nested table) {
    return context
        .all(Vdevice.class)
        .filter(link -> link.device() == device && link.viommu() == table.viommu())
        .findFirst()
        .orElse(null);
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
    refuseFlags(request.flags);
    detach(binding);
  }

  private static void detach(Binding binding) {
    Device device = binding.device();
    PageTable left = device.function().group().detach(device);
    device.setLink(null);
    if (left != null) {
      binding.context().removeIfAutomatic(left);
    }
  }

  /** The devices of a simulated node have no PASIDs, so there is nothing to attach by one. */
  private static void refuseFlags(int flags) {
    Fail.when(flags != 0, Errno.EINVAL, (flags & PASID) != 0 ? "PASID" : "flags");
  }

  private static void info(FunctionState function, long argument, Caller caller) {
    VfioDeviceInfo request =
        Arguments.readPart(caller.memory(), argument, new VfioDeviceInfo(), INFO_MINIMUM);
    request.flags = VfioDeviceInfo.VFIO_DEVICE_FLAGS_PCI;
    if (function.device().resettable()) {
      request.flags |= VfioDeviceInfo.VFIO_DEVICE_FLAGS_RESET;
    }
    request.num_regions = PCI_REGIONS;
    request.num_irqs = PCI_IRQS;
    int part = Math.min(Arguments.userSize(caller.memory(), argument), request.size());
    Arguments.respondPart(caller.memory(), argument, request, part);
  }
}
