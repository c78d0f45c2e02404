package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.uapi.IommuDestroy;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuOption;
import io.vsmmu.iommufd.uapi.IommuVdeviceAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.util.Map;
import java.util.Objects;

/** What an error of a request means and what to do about it, for those that do not say it. */
final class Hints {
  private record Failure(Ioctl request, Errno errno) {}

  private static final Map<Failure, String> TEXTS =
      Map.ofEntries(
          hint(
              IommuOption.REQUEST,
              Errno.EPERM,
              "RLIMIT_MODE needs CAP_SYS_RESOURCE in the calling process"),
          hint(
              IommuOption.REQUEST,
              Errno.EBUSY,
              "RLIMIT_MODE can be set on a fresh context only; set it before anything else"),
          hint(
              VfioDeviceBindIommufd.REQUEST,
              Errno.EPERM,
              "another device of its iommu group is on a host driver, another context owns the"
                  + " group, or MSIs are not isolated (GICv2); bind the whole group to vfio-pci and"
                  + " close other users"),
          hint(
              VfioDeviceBindIommufd.REQUEST,
              Errno.EINVAL,
              "the open file, or another file of the device, is bound already, or the device has a"
                  + " direct reserved region or an SMMU that is not coherent; a file can be bound"
                  + " once: open the device again"),
          hint(
              VfioDeviceBindIommufd.REQUEST,
              Errno.EBADFD,
              "the descriptor given as context is not an iommufd"),
          hint(
              VfioDeviceBindIommufd.REQUEST,
              Errno.EBADF,
              "the descriptor given as context is not open in this process"),
          hint(
              IommuViommuAlloc.REQUEST,
              Errno.EOPNOTSUPP,
              "the SMMU cannot nest here: it has neither S2FWB nor does the firmware's IORT say"
                  + " CANWBS for its root complex, or it lacks a stage or coherent table walks"),
          hint(
              IommuViommuAlloc.REQUEST,
              Errno.EINVAL,
              "the nesting parent belongs to another physical SMMU; allocate one for this device"),
          hint(
              IommuHwptAlloc.REQUEST,
              Errno.ENOSPC,
              "the SMMU has no VMID left; every VM on an SMMU takes one"),
          hint(
              IommuHwptAlloc.REQUEST,
              Errno.EIO,
              "the stream table entry has bits that a guest may not set"),
          hint(
              IommuHwptAlloc.REQUEST,
              Errno.EINVAL,
              "the parent is of another physical SMMU than the device, cannot be one, or the data is"
                  + " not of the SMMU's type and length"),
          hint(
              IommuVdeviceAlloc.REQUEST,
              Errno.EEXIST,
              "the device has a vDEVICE already, or its virtual stream id is taken in this vIOMMU"),
          hint(
              IommuVdeviceAlloc.REQUEST,
              Errno.EINVAL,
              "the device is behind another physical SMMU than the vIOMMU"),
          hint(
              VfioDeviceAttachIommufdPt.REQUEST,
              Errno.EINVAL,
              "the page table is of another physical SMMU, or another device of the iommu group is"
                  + " attached to another page table"),
          hint(
              VfioDeviceAttachIommufdPt.REQUEST,
              Errno.ENOENT,
              "no such page table, or it translates and the device has no vDEVICE yet"),
          hint(
              VfioDeviceAttachIommufdPt.REQUEST,
              Errno.EADDRINUSE,
              "the address space has a mapping in the MSI window 0x8000000-0x80fffff"),
          hint(
              IommuIoasMap.REQUEST,
              Errno.ENOMEM,
              "RLIMIT_MEMLOCK does not allow so much pinned memory; raise it for the process"),
          hint(IommuIoasMap.REQUEST, Errno.EEXIST, "part of the range is mapped already"),
          hint(
              IommuIoasUnmap.REQUEST,
              Errno.ENOENT,
              "nothing is mapped there, or the range covers part of a mapping"),
          hint(
              IommuDestroy.REQUEST,
              Errno.EBUSY,
              "something still uses it; destroy what is on it, and detach or close its devices,"
                  + " first"));

  private static final Map<Errno, String> OPEN =
      Map.of(
          Errno.ENOENT,
          "no such device node; for a VFIO device: is it bound to vfio-pci, and for /dev/iommu: is"
              + " the iommufd module loaded?",
          Errno.EACCES,
          "the file mode or the device cgroup forbids it",
          Errno.EPERM,
          "the device cgroup forbids it",
          Errno.EBUSY,
          "the device's group is open through its legacy node /dev/vfio/GROUP");

  private Hints() {}

  /** Empty when there is none. */
  static String of(Ioctl request, Errno errno) {
    return Objects.requireNonNullElse(TEXTS.get(new Failure(request, errno)), "");
  }

  static String ofOpen(Errno errno) {
    return Objects.requireNonNullElse(OPEN.get(errno), "");
  }

  static String ofIo(String call, Errno errno) {
    return call.equals("write") && errno == Errno.EINVAL
        ? "these page requests were answered before, or their device was detached since"
        : "";
  }

  private static Map.Entry<Failure, String> hint(Ioctl request, Errno errno, String text) {
    return Map.entry(new Failure(request, errno), text);
  }
}
