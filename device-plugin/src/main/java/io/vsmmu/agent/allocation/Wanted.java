package io.vsmmu.agent.allocation;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.Collection;
import java.util.Objects;

/**
 * A function on its way into a context.
 *
 * @param function on a VFIO driver and behind an SMMU
 * @param terms of the allocation that it belongs to
 */
record Wanted(PciFunction function, Terms terms) {

  String address() {
    return function.address().toString();
  }

  String smmu() {
    return Objects.requireNonNull(function.smmu(), "a function behind an SMMU");
  }

  /** A context has one initial proxy: the strictest that any of its functions asks for. */
  static InitialProxy initialProxy(Collection<Wanted> all) {
    return all.stream().anyMatch(each -> each.terms.initialProxy() == InitialProxy.ABORT)
        ? InitialProxy.ABORT
        : InitialProxy.BYPASS;
  }
}
