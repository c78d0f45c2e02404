package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Errno;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes the objects of a tree one after the other, and notes each for the way back. */
final class TreeBuilder {
  private final Undo made;
  private final Ioas ioas;
  private final Map<NestingParent, String> parents = new LinkedHashMap<>();
  private final Map<String, SmmuBranch> branches = new LinkedHashMap<>();

  /**
   * @param made gets every object that is made, also when this fails later
   */
  TreeBuilder(Ioas ioas, Undo made) {
    this.ioas = made.add(ioas);
    this.made = made;
  }

  /**
   * Goes on with a tree that is there.
   *
   * @param made gets every object that is made, and none of those that are there
   */
  static TreeBuilder onto(TreeObjects there, Undo made) {
    return new TreeBuilder(there, made);
  }

  private TreeBuilder(TreeObjects there, Undo made) {
    this.ioas = there.ioas();
    this.made = made;
    this.parents.putAll(there.parents());
    there.branches().forEach(branch -> branches.put(branch.smmu(), branch));
  }

  /** Puts a device behind the proxy of its SMMU's vIOMMU, which is made when it is the first. */
  TreeDescription.Device place(TreeDevice device, BoundDevice bound, InitialProxy proxy) {
    SmmuBranch branch = branches.get(device.smmu());
    if (branch == null) {
      branch = makeBranch(device.smmu(), bound);
      branches.put(device.smmu(), branch);
    }
    bound.attach(branch.proxies().get(proxy));
    return TreeDescription.Device.unlinked(device, branch.viommu().id());
  }

  TreeObjects finish() {
    return finish(made);
  }

  /**
   * @param all what is to be undone with the tree
   */
  TreeObjects finish(Undo all) {
    return new TreeObjects(ioas, parents, List.copyOf(branches.values()), all);
  }

  private record Placed(NestingParent parent, VirtualIommu viommu) {}

  private SmmuBranch makeBranch(String smmu, BoundDevice device) {
    Placed placed = onParentAtHand(device).orElseGet(() -> onNewParent(smmu, device));
    ProxyHwpts proxies = made.add(placed.viommu.allocateProxies(device));
    return new SmmuBranch(smmu, placed.parent, placed.viommu, proxies, device.smmu());
  }

  /**
   * Makes the vIOMMU on a parent that the VM has. Linux 7.3 ties a parent to one SMMU and answers
   * EINVAL for another; a kernel that shares parents takes the first.
   */
  private Optional<Placed> onParentAtHand(BoundDevice device) {
    for (NestingParent parent : parents.keySet()) {
      try {
        return Optional.of(new Placed(parent, made.add(parent.allocateViommu(device))));
      } catch (IommuException e) {
        if (e.errno() != Errno.EINVAL) {
          throw e;
        }
      }
    }
    return Optional.empty();
  }

  /** The new parent is on the same address space, whose pages stay pinned once. */
  private Placed onNewParent(String smmu, BoundDevice device) {
    NestingParent parent = made.add(ioas.allocateNestingParent(device));
    parents.put(parent, smmu);
    return new Placed(parent, made.add(parent.allocateViommu(device)));
  }
}
