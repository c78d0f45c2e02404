package io.vsmmu.bench.tree;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.uapi.IommuDestroy;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import io.vsmmu.iommufd.uapi.VfioDeviceAttachIommufdPt;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The requests of a tree and nothing else, one after the other, written into one piece of memory as
 * a C program would that knows beforehand what will succeed. Fields are at the offsets of {@code
 * linux/iommufd.h} and {@code linux/vfio.h}.
 */
public final class BareTree implements AutoCloseable {
  private static final long BYPASS = 0x9;
  private static final long ABORT = 0x1;
  private static final int STE = 16;
  private static final int REGISTERS = 40;

  private final Kernel kernel;
  private final Path iommu;
  private final Memory argument = new Memory(64);
  private final Memory data = new Memory(64);

  /**
   * @param iommu the node that gives contexts
   */
  public BareTree(Kernel kernel, Path iommu) {
    this.kernel = kernel;
    this.iommu = iommu;
  }

  private record Bound(int file, int id) {}

  private record Branch(int parent, int viommu, int bypass, int abort) {}

  /** Opens a context, builds the tree, destroys it, and closes the context. */
  public void buildAndDestroy(List<TreeDevice> devices) {
    int context = kernel.open(iommu);
    Deque<Integer> objects = new ArrayDeque<>();
    List<Bound> bound = build(context, devices, objects);
    bound.forEach(each -> kernel.close(each.file));
    while (!objects.isEmpty()) {
      destroy(context, objects.pop());
    }
    kernel.close(context);
  }

  /** Opens a context, builds the tree, and closes all but the context: what Allocate asks for. */
  public int prepare(List<TreeDevice> devices) {
    int context = kernel.open(iommu);
    build(context, devices, new ArrayDeque<>()).forEach(each -> kernel.close(each.file));
    return context;
  }

  private List<Bound> build(int context, List<TreeDevice> devices, Deque<Integer> objects) {
    int ioas = ioas(context);
    objects.push(ioas);
    List<Bound> bound = devices.stream().map(device -> bind(context, device)).toList();
    Map<String, Branch> branches = new HashMap<>();
    for (int i = 0; i < devices.size(); i++) {
      Bound device = bound.get(i);
      Branch branch =
          branches.computeIfAbsent(
              devices.get(i).smmu(), smmu -> branch(context, device.id, ioas, objects));
      attach(device.file, branch.bypass);
    }
    return bound;
  }

  private Branch branch(int context, int device, int ioas, Deque<Integer> objects) {
    int parent = hwpt(context, device, ioas, IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT, 0);
    objects.push(parent);
    int viommu = viommu(context, device, parent);
    objects.push(viommu);
    int bypass = hwpt(context, device, viommu, 0, BYPASS);
    objects.push(bypass);
    int abort = hwpt(context, device, viommu, 0, ABORT);
    objects.push(abort);
    registers(context, device);
    return new Branch(parent, viommu, bypass, abort);
  }

  private int ioas(int context) {
    request(12);
    make(context, IommuIoasAlloc.REQUEST);
    return argument.getInt(8);
  }

  private Bound bind(int context, TreeDevice device) {
    int file = kernel.open(device.cdev());
    request(24);
    argument.setInt(8, context);
    make(file, VfioDeviceBindIommufd.REQUEST);
    return new Bound(file, argument.getInt(12));
  }

  /** A nested page table when there is an entry, which is never 0. */
  private int hwpt(int context, int device, int on, int flags, long entry) {
    request(48);
    argument.setInt(4, flags);
    argument.setInt(8, device);
    argument.setInt(12, on);
    if (entry != 0) {
      data.setLong(0, entry);
      data.setLong(8, 0);
      argument.setInt(24, IommuHwptAlloc.IOMMU_HWPT_DATA_ARM_SMMUV3);
      argument.setInt(28, STE);
      argument.setLong(32, Pointer.nativeValue(data));
    }
    make(context, IommuHwptAlloc.REQUEST);
    return argument.getInt(16);
  }

  private int viommu(int context, int device, int parent) {
    request(40);
    argument.setInt(8, IommuViommuAlloc.IOMMU_VIOMMU_TYPE_ARM_SMMUV3);
    argument.setInt(12, device);
    argument.setInt(16, parent);
    make(context, IommuViommuAlloc.REQUEST);
    return argument.getInt(20);
  }

  private void registers(int context, int device) {
    request(40);
    argument.setInt(8, device);
    argument.setInt(12, REGISTERS);
    argument.setLong(16, Pointer.nativeValue(data));
    make(context, IommuHwInfo.REQUEST);
  }

  private void attach(int file, int pageTable) {
    request(16);
    argument.setInt(8, pageTable);
    make(file, VfioDeviceAttachIommufdPt.REQUEST);
  }

  private void destroy(int context, int id) {
    request(8);
    argument.setInt(4, id);
    make(context, IommuDestroy.REQUEST);
  }

  private void request(int size) {
    argument.clear(size);
    argument.setInt(0, size);
  }

  private void make(int fd, Ioctl request) {
    kernel.ioctl(fd, request, argument);
  }

  @Override
  public void close() {
    argument.close();
    data.close();
  }
}
