package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasIovaRanges;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasMapFile;
import io.vsmmu.iommufd.uapi.IommuIoasUnmap;
import io.vsmmu.iommufd.uapi.IommuIovaRange;
import java.util.Arrays;

/** An address space: what is mapped where. For a VM: its guest-physical memory. */
public final class Ioas extends IommuObject {
  private static final int READ_WRITE_FIXED =
      IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA
          | IommuIoasMap.IOMMU_IOAS_MAP_WRITEABLE
          | IommuIoasMap.IOMMU_IOAS_MAP_READABLE;

  /** One with nothing attached has one; the MSI window splits it. */
  private static final int USUAL_RANGES = 4;

  Ioas(IommuContext context, int id) {
    super(context, id, "IOAS");
  }

  /**
   * Takes over an address space that another process made in the context. Nothing is asked of the
   * kernel: a wrong id shows when it is used.
   */
  public static Ioas adopt(IommuContext context, int id) {
    return new Ioas(context, id);
  }

  /**
   * Makes a nesting parent: stage 2 page tables of one physical SMMU for this address space.
   *
   * @param device a bound device behind that SMMU
   * @throws IommuException ENOSPC when the SMMU has no VMID left; EINVAL or EOPNOTSUPP when its
   *     IOMMU has no stage 2
   */
  public NestingParent allocateNestingParent(BoundDevice device) {
    IommuHwptAlloc request = new IommuHwptAlloc();
    request.flags = IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT;
    request.dev_id = device.id();
    request.pt_id = id();
    Requests.call(context().file(), request, "nesting parent on " + this + " for " + device);
    return new NestingParent(context(), request.out_hwpt_id);
  }

  /**
   * Maps memory of the calling process, readable and writable by devices.
   *
   * @param userAddress page-aligned address in the calling process
   * @param length bytes, a multiple of the page size
   * @param iova page-aligned address for devices
   * @throws IommuException EEXIST when part of the range is mapped; ENOMEM for RLIMIT_MEMLOCK;
   *     EFAULT when the memory is not the process's
   */
  public void map(long userAddress, long length, long iova) {
    IommuIoasMap request = new IommuIoasMap();
    request.flags = READ_WRITE_FIXED;
    request.ioas_id = id();
    request.user_va = userAddress;
    request.length = length;
    request.iova = iova;
    Requests.call(context().file(), request, range(iova, length));
  }

  /**
   * Maps memory of a memfd, readable and writable by devices. The file may be closed afterwards;
   * unlike with {@link #map}, any process can ask for it.
   *
   * @param fd the memfd in the calling process
   * @param offset in the file, page-aligned
   * @param length bytes, a multiple of the page size
   * @param iova page-aligned address for devices
   * @throws IommuException EINVAL when the file is no memfd or ends before; otherwise as {@link
   *     #map}
   */
  public void mapFile(int fd, long offset, long length, long iova) {
    IommuIoasMapFile request = new IommuIoasMapFile();
    request.flags = READ_WRITE_FIXED;
    request.ioas_id = id();
    request.fd = fd;
    request.start = offset;
    request.length = length;
    request.iova = iova;
    Requests.call(context().file(), request, range(iova, length));
  }

  /**
   * Where the address space can be mapped. Attached devices narrow it: ask again after an attach.
   *
   * @throws IommuException what the request gives
   */
  public IovaRanges iovaRanges() {
    int room = USUAL_RANGES;
    while (true) {
      IommuIoasIovaRanges request = new IommuIoasIovaRanges();
      request.ioas_id = id();
      IommuIovaRange[] ranges = request.room(room);
      try {
        Requests.call(context().file(), request, toString());
        return new IovaRanges(
            Arrays.stream(ranges, 0, request.num_iovas)
                .map(range -> new IovaRanges.Range(range.start, range.last))
                .toList(),
            request.out_iova_alignment);
      } catch (IommuException e) {
        // An attach may have split ranges since the kernel told how many there are.
        if (e.errno() != Errno.EMSGSIZE || request.num_iovas <= room) {
          throw e;
        }
        room = request.num_iovas;
      }
    }
  }

  /**
   * Removes all mappings in a range.
   *
   * @return bytes that were unmapped
   * @throws IommuException ENOENT when nothing is mapped there or the range cuts a mapping
   */
  public long unmap(long iova, long length) {
    IommuIoasUnmap request = new IommuIoasUnmap();
    request.ioas_id = id();
    request.iova = iova;
    request.length = length;
    return Requests.call(context().file(), request, range(iova, length)).length;
  }

  private String range(long iova, long length) {
    return "0x%x bytes at 0x%x of %s".formatted(length, iova, this);
  }
}
