package io.vsmmu.hook.plan;

import io.vsmmu.hook.domain.Domain;
import io.vsmmu.hook.domain.Iommu;
import java.util.List;

/** What QEMU asks of a domain with accelerated vSMMUs. */
final class Requirements {

  private Requirements() {}

  static void check(Domain domain, List<Subject> subjects) throws UnplaceableException {
    var first = subjects.getFirst();
    if (!domain.machine().isEmpty() && !isVirt(domain.machine())) {
      throw new UnplaceableException(
          "%s: the machine type '%s' has no vSMMUs; use 'virt'".formatted(first, domain.machine()));
    }
    for (var iommu : domain.iommus()) {
      if (!iommu.isPerBus()) {
        throw new UnplaceableException(
            "%s: the domain has an IOMMU for the whole machine (%s), beside which QEMU takes no vSMMU: remove it"
                .formatted(first, describe(iommu)));
      }
    }
    for (var subject : subjects) {
      if (!subject.device().iommufd()) {
        throw new UnplaceableException(
            subject
                + ": libvirt is not to open it through iommufd, without which a vSMMU cannot serve"
                + " it: virt-launcher found no /var/run/kubevirt/iommufd.sock, or the device has"
                + " iommufd='no'. See spec.kubevirt.iommufdSocket of the node's VSmmu, and KubeVirt's"
                + " feature gate IOMMUFD");
      }
    }
  }

  /** A device whose place is fixed where no vSMMU can serve it. */
  static void checkFree(Subject subject) throws UnplaceableException {
    var address = subject.address();
    if (address != null && address.bus() == BusTree.ROOT) {
      throw new UnplaceableException(
          "%s: it is to be on the root complex, at %s, together with emulated devices, and QEMU takes no vSMMU there: remove its pciAddress, or the annotation kubevirt.io/placePCIDevicesOnRootComplex"
              .formatted(subject, address));
    }
  }

  private static boolean isVirt(String machine) {
    return machine.equals("virt") || machine.startsWith("virt-");
  }

  private static String describe(Iommu iommu) {
    return "<iommu model='"
        + iommu.model()
        + "'>"
        + (iommu.model().equals(Iommu.SMMUV3) ? " without pciBus" : "");
  }
}
