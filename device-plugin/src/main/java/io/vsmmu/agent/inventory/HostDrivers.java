package io.vsmmu.agent.inventory;

import io.vsmmu.agent.binding.Binder;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.Optional;
import java.util.Set;

/** What a plan asks about the host's drivers. */
public interface HostDrivers {

  /** Why a function could not be brought onto a driver. */
  Optional<Obstacle> refusal(PciFunction function, String driver);

  /** The functions that are to be given back when they are no longer wanted. */
  Set<PciAddress> boundByUs();

  /** The driver that one of them would be given back to; empty for none. */
  Optional<String> original(PciFunction function);

  /** Those of the running kernel; what the host uses is looked up now. */
  static HostDrivers of(Binder binder) {
    var refusals = binder.refusals();
    return new HostDrivers() {
      @Override
      public Optional<Obstacle> refusal(PciFunction function, String driver) {
        return refusals
            .of(function, driver)
            .map(refusal -> new Obstacle(refusal.reason(), String.valueOf(refusal.getMessage())));
      }

      @Override
      public Set<PciAddress> boundByUs() {
        return binder.boundByUs();
      }

      @Override
      public Optional<String> original(PciFunction function) {
        return binder.original(function);
      }
    };
  }

  /** Those of a node that only a snapshot is known of: it tells neither what is loaded nor used. */
  static HostDrivers unknown() {
    return new HostDrivers() {
      @Override
      public Optional<Obstacle> refusal(PciFunction function, String driver) {
        return Optional.empty();
      }

      @Override
      public Set<PciAddress> boundByUs() {
        return Set.of();
      }

      @Override
      public Optional<String> original(PciFunction function) {
        return Optional.empty();
      }
    };
  }
}
