package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Errno;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes the objects of a tree one after the other, and notes each for the way back. */
final class TreeBuilder {
  private final IommuContext context;
  private final Undo objects;
  private final Undo files;
  private final Ioas ioas;
  private final List<TreeDescription.NestingParent> parents = new ArrayList<>();
  private final List<NestingParent> parentObjects = new ArrayList<>();
  private final Map<String, SmmuBranch> branches = new LinkedHashMap<>();

  TreeBuilder(IommuContext context, Undo objects, Undo files) {
    this.context = context;
    this.objects = objects;
    this.files = files;
    this.ioas = objects.add(context.allocateIoas());
  }

  VmTree build(List<TreeDevice> devices, InitialProxy initialProxy) {
    List<BoundDevice> bound = ParallelBind.run(context, devices, files);
    List<TreeDescription.Device> described = new ArrayList<>();
    for (int i = 0; i < devices.size(); i++) {
      TreeDevice device = devices.get(i);
      SmmuBranch branch = branches.get(device.smmu());
      if (branch == null) {
        branch = branch(device.smmu(), bound.get(i));
        branches.put(device.smmu(), branch);
      }
      bound.get(i).attach(branch.proxies().get(initialProxy));
      described.add(TreeDescription.Device.unlinked(device, branch.viommu().id()));
    }
    return new VmTree(
        context, objects, files, initialProxy, ioas, parents, branches.values(), described);
  }

  private SmmuBranch branch(String smmu, BoundDevice device) {
    Placed placed = place(smmu, device);
    ProxyHwpts proxies = objects.add(placed.viommu.allocateProxies(device));
    return new SmmuBranch(smmu, placed.parent, placed.viommu, proxies, device.smmu());
  }

  private record Placed(NestingParent parent, VirtualIommu viommu) {}

  /**
   * Makes the vIOMMU on a parent that the VM has, or on a new one. Linux 7.3 ties a parent to one
   * SMMU; a kernel that shares parents takes the first one here, and pages are pinned once anyway.
   */
  private Placed place(String smmu, BoundDevice device) {
    for (NestingParent parent : parentObjects) {
      VirtualIommu viommu = tryPlace(parent, device);
      if (viommu != null) {
        return new Placed(parent, viommu);
      }
    }
    NestingParent parent = objects.add(ioas.allocateNestingParent(device));
    parentObjects.add(parent);
    parents.add(new TreeDescription.NestingParent(parent.id(), smmu));
    return new Placed(parent, objects.add(parent.allocateViommu(device)));
  }

  private @Nullable VirtualIommu tryPlace(NestingParent parent, BoundDevice device) {
    try {
      return objects.add(parent.allocateViommu(device));
    } catch (IommuException e) {
      if (e.errno() == Errno.EINVAL) {
        return null;
      }
      throw e;
    }
  }
}
