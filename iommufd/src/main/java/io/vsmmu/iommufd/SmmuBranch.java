package io.vsmmu.iommufd;

import io.vsmmu.iommufd.smmu.SmmuCapabilities;

/** The part of a VM's tree that belongs to one physical SMMU. */
record SmmuBranch(
    String smmu,
    NestingParent parent,
    VirtualIommu viommu,
    ProxyHwpts proxies,
    SmmuCapabilities capabilities) {

  TreeDescription.Viommu describe() {
    return new TreeDescription.Viommu(
        viommu.id(), smmu, parent.id(), proxies.bypass().id(), proxies.abort().id(), capabilities);
  }
}
