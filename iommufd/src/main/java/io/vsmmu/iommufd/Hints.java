package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.uapi.IommuDestroy;
import io.vsmmu.iommufd.uapi.IommuFaultAlloc;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptInvalidate;
import io.vsmmu.iommufd.uapi.IommuIoasIovaRanges;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasMapFile;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuOption;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;
import io.vsmmu.iommufd.uapi.IommuVeventqAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import io.vsmmu.iommufd.uapi.VfioDeviceInfo;
import io.vsmmu.iommufd.uapi.VfioDeviceReset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** What an error of a request means and what to do about it, for those that do not say it. */
final class Hints {

  /** What a call was, by the name that errors give it, and how it failed. */
  record Failure(String call, Errno errno) {}

  private record Hint(Failure failure, String text) {}

  private static final String OUT_OF_DESCRIPTORS =
      "this process has no descriptor left for the queue; raise RLIMIT_NOFILE";
  private static final String NO_VMID =
      "the SMMU has no VMID left: every VM on an SMMU takes one, for its nesting parent or, where"
          + " the kernel shares parents between SMMUs, its vIOMMU; close contexts of VMs that have"
          + " ended";
  private static final String LEGACY_NODE =
      "the device's group is open through its legacy node /dev/vfio/GROUP; close that first";
  private static final String NO_SUCH_SPACE = "the address space was destroyed, or its context is";
  private static final String OVERLAP = "part of the range is mapped already; unmap it first";
  private static final String PINNING =
      "RLIMIT_MEMLOCK does not allow so much pinned memory; raise it for the process";
  private static final String NOT_MAPPABLE =
      "the length is 0, something is not page-aligned, or the range touches the MSI window"
          + " 0x8000000-0x80fffff or what else the attached devices leave out; ask for the IOVA"
          + " ranges";

  private static final Map<Failure, String> TEXTS =
      List.of(
              hint(
                  IommuOption.REQUEST,
                  Errno.EPERM,
                  "RLIMIT_MODE needs CAP_SYS_RESOURCE in the calling process"),
              hint(
                  IommuOption.REQUEST,
                  Errno.EBUSY,
                  "RLIMIT_MODE can be set on a fresh context only; set it before anything else"),
              hint(IommuOption.REQUEST, Errno.EOPNOTSUPP, "this kernel does not know the option"),
              hint(IommuIoasIovaRanges.REQUEST, Errno.ENOENT, NO_SUCH_SPACE),
              hint(IommuIoasMap.REQUEST, Errno.EEXIST, OVERLAP),
              hint(IommuIoasMap.REQUEST, Errno.EINVAL, NOT_MAPPABLE),
              hint(IommuIoasMap.REQUEST, Errno.ENOMEM, PINNING),
              hint(
                  IommuIoasMap.REQUEST,
                  Errno.EFAULT,
                  "the memory is not the calling process's; only the process that has it can map"
                      + " it, unless it is a memfd"),
              hint(IommuIoasMap.REQUEST, Errno.ENOENT, NO_SUCH_SPACE),
              hint(IommuIoasMapFile.REQUEST, Errno.EEXIST, OVERLAP),
              hint(
                  IommuIoasMapFile.REQUEST,
                  Errno.EINVAL,
                  "the file is no memfd or ends before, or " + NOT_MAPPABLE),
              hint(IommuIoasMapFile.REQUEST, Errno.ENOMEM, PINNING),
              hint(
                  IommuIoasMapFile.REQUEST,
                  Errno.EBADF,
                  "the descriptor given as file is not open in this process"),
              hint(IommuIoasMapFile.REQUEST, Errno.ENOENT, NO_SUCH_SPACE),
              hint(IommuIoasMapFile.REQUEST, Errno.ENOTTY, since("6.13")),
              hint(
                  IommuIoasUnmap.REQUEST,
                  Errno.ENOENT,
                  "nothing is mapped there, or the range covers part of a mapping"),
              hint(
                  IommuHwInfo.REQUEST,
                  Errno.ENOENT,
                  "the device is not bound to this context any more"),
              hint(
                  IommuHwInfo.REQUEST,
                  Errno.EOPNOTSUPP,
                  "the device's IOMMU driver does not tell what its hardware can do"),
              hint(IommuHwptAlloc.REQUEST, Errno.ENOSPC, NO_VMID),
              hint(
                  IommuHwptAlloc.REQUEST,
                  Errno.EADDRINUSE,
                  "the address space has a mapping at an address that the SMMU's page tables do not"
                      + " reach (IDR5.OAS); unmap it"),
              hint(
                  IommuHwptAlloc.REQUEST,
                  Errno.EIO,
                  "the stream table entry has bits that a guest may not set"),
              hint(
                  IommuHwptAlloc.REQUEST,
                  Errno.EINVAL,
                  "the parent is of another physical SMMU than the device, cannot be one, or the"
                      + " data is not of the SMMU's type and length"),
              hint(
                  IommuHwptAlloc.REQUEST,
                  Errno.EOPNOTSUPP,
                  "the IOMMU has no such page tables: a nesting parent needs an SMMU with both"
                      + " stages, and page requests need an SMMU with stalls or PRI"),
              hint(
                  IommuHwptAlloc.REQUEST,
                  Errno.ENOENT,
                  "the device is not bound to this context any more, or the fault queue is gone"),
              hint(
                  IommuHwptInvalidate.REQUEST,
                  Errno.EIO,
                  "no vDEVICE has the command's stream id, or the SMMU does not know the command or"
                      + " one of its fields"),
              hint(
                  IommuHwptInvalidate.REQUEST,
                  Errno.EINVAL,
                  "the object is no vIOMMU, or there are no commands"),
              hint(IommuHwptInvalidate.REQUEST, Errno.ENOENT, "the vIOMMU was destroyed"),
              hint(
                  IommuHwptInvalidate.REQUEST,
                  Errno.ETIMEDOUT,
                  "the SMMU, or for an ATC_INV the device, did not answer; reset the device"),
              hint(IommuFaultAlloc.REQUEST, Errno.EMFILE, OUT_OF_DESCRIPTORS),
              hint(
                  IommuViommuAlloc.REQUEST,
                  Errno.EOPNOTSUPP,
                  "the SMMU cannot nest here: it has neither S2FWB nor does the firmware's IORT say"
                      + " CANWBS for its root complex, or it lacks a stage or coherent table walks"),
              hint(
                  IommuViommuAlloc.REQUEST,
                  Errno.EINVAL,
                  "the nesting parent belongs to another physical SMMU; allocate one for this"
                      + " device"),
              hint(
                  IommuViommuAlloc.REQUEST,
                  Errno.ENOENT,
                  "the device is not bound to this context any more, or the nesting parent is gone"),
              hint(IommuViommuAlloc.REQUEST, Errno.ENOSPC, NO_VMID),
              hint(IommuViommuAlloc.REQUEST, Errno.ENOTTY, since("6.13")),
              hint(
                  IommuVdeviceAlloc.REQUEST,
                  Errno.EEXIST,
                  "the device has a vDEVICE already, or its virtual stream id is taken in this"
                      + " vIOMMU"),
              hint(
                  IommuVdeviceAlloc.REQUEST,
                  Errno.EINVAL,
                  "the device is behind another physical SMMU than the vIOMMU"),
              hint(
                  IommuVdeviceAlloc.REQUEST,
                  Errno.ENOENT,
                  "the device is not bound to this context any more, or the vIOMMU is gone"),
              hint(
                  IommuVeventqAlloc.REQUEST,
                  Errno.EEXIST,
                  "the vIOMMU has an event queue already; it can have one"),
              hint(
                  IommuVeventqAlloc.REQUEST,
                  Errno.EOPNOTSUPP,
                  "this kernel's SMMU driver reports no events to vIOMMUs"),
              hint(IommuVeventqAlloc.REQUEST, Errno.ENOENT, "the vIOMMU was destroyed"),
              hint(IommuVeventqAlloc.REQUEST, Errno.EMFILE, OUT_OF_DESCRIPTORS),
              hint(IommuVeventqAlloc.REQUEST, Errno.ENOTTY, since("6.15")),
              hint(
                  VfioDeviceBindIommufd.REQUEST,
                  Errno.EPERM,
                  "another device of its iommu group is on a host driver, another context owns the"
                      + " group, or MSIs are not isolated (GICv2); bind the whole group to vfio-pci"
                      + " and close other users"),
              hint(
                  VfioDeviceBindIommufd.REQUEST,
                  Errno.EINVAL,
                  "the open file, or another file of the device, is bound already, or the device"
                      + " has a direct reserved region or an SMMU that is not coherent; a file can"
                      + " be bound once: open the device again"),
              hint(
                  VfioDeviceBindIommufd.REQUEST,
                  Errno.EBADFD,
                  "the descriptor given as context is not an iommufd"),
              hint(
                  VfioDeviceBindIommufd.REQUEST,
                  Errno.EBADF,
                  "the descriptor given as context is not open in this process"),
              hint(VfioDeviceBindIommufd.REQUEST, Errno.EBUSY, LEGACY_NODE),
              hint(
                  VfioDeviceAttachIommufdPt.REQUEST,
                  Errno.EINVAL,
                  "the page table is of another physical SMMU, or another device of the iommu group"
                      + " is attached to another page table"),
              hint(
                  VfioDeviceAttachIommufdPt.REQUEST,
                  Errno.ENOENT,
                  "no such page table, or it translates and the device has no vDEVICE yet"),
              hint(
                  VfioDeviceAttachIommufdPt.REQUEST,
                  Errno.EADDRINUSE,
                  "the address space has a mapping in the MSI window 0x8000000-0x80fffff, which the"
                      + " device needs for its interrupts; unmap it"),
              hint(
                  VfioDeviceAttachIommufdPt.REQUEST,
                  Errno.EBUSY,
                  "PASIDs of the device are attached; detach them first"),
              hint(
                  VfioDeviceAttachIommufdPt.REQUEST,
                  Errno.EOPNOTSUPP,
                  "the page table has a fault queue, and the device or its SMMU makes no page"
                      + " requests; make one without one"),
              hint(
                  VfioDeviceInfo.REQUEST,
                  Errno.EINVAL,
                  "the device is not bound; bind it to a context first"),
              hint(
                  VfioDeviceReset.REQUEST,
                  Errno.EINVAL,
                  "the kernel has no way to reset this function alone"),
              hint(
                  VfioDeviceReset.REQUEST,
                  Errno.EAGAIN,
                  "somebody else is at work on the device; try again"),
              hint(
                  IommuDestroy.REQUEST,
                  Errno.EBUSY,
                  "something still uses it; destroy what is on it, close its descriptor in every"
                      + " process, and detach or close its devices, first"),
              hint(
                  IommuDestroy.REQUEST,
                  Errno.ENOENT,
                  "it is gone: somebody else destroyed it, or it ended with its device"),
              hint(
                  "open",
                  Errno.ENOENT,
                  "no such device node; for a VFIO device: is it bound to vfio-pci, and for"
                      + " /dev/iommu: is the iommufd module loaded?"),
              hint("open", Errno.EACCES, "the file mode or the device cgroup forbids it"),
              hint("open", Errno.EPERM, "the device cgroup forbids it"),
              hint("open", Errno.EBUSY, LEGACY_NODE),
              hint(
                  "open", Errno.EMFILE, "this process has no descriptor left; raise RLIMIT_NOFILE"),
              hint("open", Errno.ENFILE, "the machine has no file left; raise fs.file-max"),
              hint(
                  "write",
                  Errno.EINVAL,
                  "these page requests were answered before, or their device was detached since"))
          .stream()
          .collect(Collectors.toUnmodifiableMap(Hint::failure, Hint::text));

  /** For calls that have none of their own. */
  private static final Map<Errno, String> OF_ANY_CALL =
      Map.of(
          Errno.ENOTTY,
          "this kernel does not know the request, or the descriptor is of another kind",
          Errno.E2BIG,
          "this kernel is older than the request's structure and cannot do what it asks for",
          Errno.EFAULT,
          "an address is not in the calling process's memory",
          Errno.ENOMEM,
          "the kernel got no memory, which it charges to the calling process's cgroup; raise the"
              + " cgroup's limit, or look for what has filled the machine",
          Errno.ENODEV,
          "the device is gone: it was unplugged, or taken off vfio-pci");

  private Hints() {}

  /** Empty when there is none. */
  static String of(Ioctl request, Errno errno) {
    return of(request.name(), errno);
  }

  /**
   * Empty when there is none.
   *
   * @param call a call that is not a request, e.g. {@code open}
   */
  static String of(String call, Errno errno) {
    String own = TEXTS.get(new Failure(call, errno));
    return own != null ? own : Objects.requireNonNullElse(OF_ANY_CALL.get(errno), "");
  }

  /** The failures that have a hint of their own. */
  static Set<Failure> known() {
    return TEXTS.keySet();
  }

  private static String since(String linux) {
    return "this kernel does not know the request, which came with Linux " + linux;
  }

  private static Hint hint(Ioctl request, Errno errno, String text) {
    return hint(request.name(), errno, text);
  }

  private static Hint hint(String call, Errno errno, String text) {
    return new Hint(new Failure(call, errno), text);
  }
}
