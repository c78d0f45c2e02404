package io.vsmmu.iommufd;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The objects of a tree, without the devices.
 *
 * @param parents the nesting parents, with the SMMU that each was made for
 * @param made all objects, to be destroyed newest first
 */
record TreeObjects(
    Ioas ioas, Map<NestingParent, String> parents, List<SmmuBranch> branches, Undo made) {

  /** Objects that another process made, by their ids. */
  static TreeObjects adopt(IommuContext context, TreeDescription description) {
    Undo made = new Undo();
    Ioas ioas = made.add(new Ioas(context, description.ioas()));
    Map<NestingParent, String> parents = new LinkedHashMap<>();
    for (TreeDescription.NestingParent parent : description.nestingParents()) {
      parents.put(made.add(new NestingParent(context, parent.id())), parent.smmu());
    }
    List<SmmuBranch> branches =
        description.viommus().stream()
            .map(viommu -> adopt(context, viommu, parentOf(viommu, parents), made))
            .toList();
    return new TreeObjects(ioas, parents, branches, made);
  }

  private static SmmuBranch adopt(
      IommuContext context, TreeDescription.Viommu viommu, NestingParent parent, Undo made) {
    VirtualIommu object = made.add(new VirtualIommu(context, viommu.id()));
    NestedHwpt bypass = new NestedHwpt(context, viommu.bypass());
    NestedHwpt abort = new NestedHwpt(context, viommu.abort());
    return new SmmuBranch(
        viommu.smmu(),
        parent,
        object,
        made.add(new ProxyHwpts(bypass, abort)),
        viommu.capabilities());
  }

  private static NestingParent parentOf(
      TreeDescription.Viommu viommu, Map<NestingParent, String> parents) {
    return parents.keySet().stream()
        .filter(parent -> parent.id() == viommu.nestingParent())
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "vIOMMU %d is on nesting parent %d, which is not described"
                    .formatted(viommu.id(), viommu.nestingParent())));
  }

  SmmuBranch branch(int viommu) {
    return branches.stream()
        .filter(branch -> branch.viommu().id() == viommu)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("vIOMMU " + viommu + " is not described"));
  }

  TreeDescription describe(InitialProxy initialProxy, List<TreeDescription.Device> devices) {
    return new TreeDescription(
        ioas.id(),
        initialProxy,
        parents.entrySet().stream()
            .map(entry -> new TreeDescription.NestingParent(entry.getKey().id(), entry.getValue()))
            .toList(),
        branches.stream().map(SmmuBranch::describe).toList(),
        devices);
  }
}
