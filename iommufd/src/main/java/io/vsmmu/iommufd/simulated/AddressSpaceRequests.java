package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.AddressSpace;
import io.vsmmu.iommufd.simulated.PinnedMemory.Payer;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasIovaRanges;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasMapFile;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuIovaRange;
import java.util.List;

/** Address spaces and what is mapped in them. */
final class AddressSpaceRequests {
  private static final int MAP_FLAGS =
      IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA
          | IommuIoasMap.IOMMU_IOAS_MAP_WRITEABLE
          | IommuIoasMap.IOMMU_IOAS_MAP_READABLE;

  private AddressSpaceRequests() {}

  static void allocate(IommuCall<IommuIoasAlloc> call) {
    Context context = call.context();
    Fail.when(call.request().flags != 0, Errno.EOPNOTSUPP, "flags");
    AddressSpace ioas = context.add(id -> new AddressSpace(id, context.pinned()));
    call.request().out_ioas_id = ioas.id();
    call.made(ioas);
  }

  static void ranges(IommuCall<IommuIoasIovaRanges> call) {
    IommuIoasIovaRanges request = call.request();
    Fail.when(request.__reserved != 0, Errno.EOPNOTSUPP, "reserved field");
    IovaMap mappings = mappings(call, request.ioas_id);
    List<IovaMap.Range> allowed = mappings.allowed();
    int room = request.num_iovas;
    long to = request.allowed_iovas;
    for (int i = 0; i < allowed.size() && Integer.compareUnsigned(i, room) < 0; i++) {
      IommuIovaRange range = new IommuIovaRange();
      range.start = allowed.get(i).first();
      range.last = allowed.get(i).last();
      range.write();
      call.memory().write(to, range.getPointer().getByteArray(0, range.size()));
      to += range.size();
    }
    request.num_iovas = allowed.size();
    request.out_iova_alignment = mappings.alignment();
    call.respond();
    Fail.when(Integer.compareUnsigned(allowed.size(), room) > 0, Errno.EMSGSIZE, "too many ranges");
  }

  static void map(IommuCall<IommuIoasMap> call) {
    IommuIoasMap request = call.request();
    Fail.when(request.__reserved != 0, Errno.EOPNOTSUPP, "reserved field");
    check(request.flags, request.iova, request.length);
    IovaMap mappings = mappings(call, request.ioas_id);
    Fail.when(request.length == 0, Errno.EINVAL, "length 0");
    Backing backing =
        Backing.memory(
            call.memory(),
            request.user_va,
            request.length,
            (request.flags & IommuIoasMap.IOMMU_IOAS_MAP_WRITEABLE) != 0,
            payer(call));
    request.iova = map(mappings, request.flags, request.iova, request.length, backing);
    call.respond();
  }

  static void mapFile(IommuCall<IommuIoasMapFile> call) {
    IommuIoasMapFile request = call.request();
    check(request.flags, request.iova, request.length);
    IovaMap mappings = mappings(call, request.ioas_id);
    Fail.when(request.length == 0, Errno.EINVAL, "length 0");
    Fail.when(
        Long.compareUnsigned(request.start + request.length - 1, request.start) < 0,
        Errno.EOVERFLOW,
        "range of the file wraps around");
    HostFile file =
        call.caller().file(request.fd) != null
            ? new HostFile(false, 0)
            : call.caller().hostFile(request.fd);
    Backing backing = Backing.file(file, request.start, request.length, payer(call));
    request.iova = map(mappings, request.flags, request.iova, request.length, backing);
    call.respond();
  }

  static void unmap(IommuCall<IommuIoasUnmap> call) {
    IommuIoasUnmap request = call.request();
    IovaMap mappings = mappings(call, request.ioas_id);
    if (request.iova == 0 && request.length == -1) {
      request.length = mappings.unmapAll();
    } else {
      Fail.when(request.iova == -1 || request.length == -1, Errno.EOVERFLOW, "range");
      request.length = mappings.unmap(request.iova, request.length);
    }
    call.respond();
  }

  private static void check(int flags, long iova, long length) {
    Fail.when((flags & ~MAP_FLAGS) != 0, Errno.EOPNOTSUPP, "flags");
    Fail.when(iova == -1 || length == -1, Errno.EOVERFLOW, "range");
    Fail.when(
        (flags & ~IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA) == 0,
        Errno.EINVAL,
        "neither readable nor writable");
  }

  private static long map(IovaMap mappings, int flags, long iova, long length, Backing backing) {
    if ((flags & IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA) == 0) {
      return mappings.mapAnywhere(length, backing);
    }
    mappings.map(iova, length, backing);
    return iova;
  }

  private static IovaMap mappings(IommuCall<?> call, int ioas) {
    return call.context().get(ioas, AddressSpace.class).mappings();
  }

  private static Payer payer(IommuCall<?> call) {
    return Payer.of(call.caller().process(), call.context().chargesProcess());
  }
}
