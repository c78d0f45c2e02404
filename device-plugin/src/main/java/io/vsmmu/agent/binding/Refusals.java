package io.vsmmu.agent.binding;

import io.vsmmu.iommufd.topology.PciFunction;
import java.util.Optional;

/** Why functions would be left where they are, as the node was when this was made. */
@FunctionalInterface
public interface Refusals {

  /** As {@link Binder#refusal(PciFunction, String)}. */
  Optional<BindingException> of(PciFunction function, String driver);
}
