package io.vsmmu.hook.rewrite;

import io.vsmmu.hook.domain.DomainElements;
import io.vsmmu.hook.domain.DomainReader;
import io.vsmmu.hook.domain.MalformedDomainException;
import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.hook.plan.Overrides;
import io.vsmmu.hook.plan.Plan;
import io.vsmmu.hook.plan.Planner;
import io.vsmmu.hook.plan.UnplaceableException;
import io.vsmmu.hook.xml.MalformedXmlException;
import io.vsmmu.hook.xml.XmlDocument;

/**
 * Gives a guest one accelerated vSMMU for each physical SMMU that its devices sit behind. A pure
 * function: what it made once it finds and leaves, also when libvirt has completed it or KubeVirt
 * has dropped the attributes that it does not know.
 *
 * @param xml the domain, unchanged but for what was planned
 * @param plan what was changed, and where the devices are
 */
public record GuestTopology(String xml, Plan plan) {

  /**
   * Rewrites a domain.
   *
   * @param xml libvirt's domain XML
   * @param functions the node's PCI functions
   * @param overrides what the user wants of the vSMMUs
   * @throws UnplaceableException when a device cannot be put behind a vSMMU
   */
  public static GuestTopology of(String xml, HostFunctions functions, Overrides overrides)
      throws MalformedXmlException, MalformedDomainException, UnplaceableException {
    var document = XmlDocument.parse(xml);
    var domain = DomainReader.read(document);
    var plan = Planner.plan(domain, functions, overrides);
    return new GuestTopology(
        new DomainWriter(document, domain, DomainElements.of(document)).write(plan), plan);
  }
}
