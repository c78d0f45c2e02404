package io.vsmmu.agent.inventory;

import io.vsmmu.iommufd.topology.PciAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What would become of the node's devices if a wish were followed.
 *
 * @param devices every selected device, in the order of their ids
 * @param returns functions that would be given back to the host, in order
 * @param remarks what the wish does not say clearly, one sentence each
 */
public record Plan(List<PlannedDevice> devices, List<DriverChange> returns, List<String> remarks) {

  /** What would become of a device. */
  public enum Outcome {
    /** Advertised, after the driver changes. */
    ADVERTISE,
    /** A container has it: nothing changes before that has ended. */
    IN_USE,
    /** Left as it is, and not advertised. */
    REFUSE
  }

  /**
   * A schedulable unit.
   *
   * @param id as kubelet would know it
   * @param resource what it is selected for
   * @param smmu its physical SMMU, when it has one
   * @param functions its selected functions with their drivers now and then, lowest first
   * @param reason one CamelCase word that says why, fit for conditions
   * @param message the reason in a sentence with its cure; empty when nothing is to be said
   */
  public record PlannedDevice(
      String id,
      String resource,
      @Nullable String smmu,
      List<DriverChange> functions,
      Outcome outcome,
      String reason,
      String message) {

    public PlannedDevice {
      functions = List.copyOf(functions);
    }

    /** Whether a driver would change. */
    public boolean moves() {
      return functions.stream().anyMatch(DriverChange::moves);
    }
  }

  /**
   * A function's driver now and then, the same when it stays.
   *
   * @param from absent for none
   * @param to absent for none
   */
  public record DriverChange(PciAddress function, @Nullable String from, @Nullable String to) {

    /** Whether they differ. */
    public boolean moves() {
      return from == null ? to != null : !from.equals(to);
    }

    /** {@code from -> to}, or the driver when it stays. */
    public String text() {
      return moves() ? name(from) + " -> " + name(to) : name(from);
    }

    private static String name(@Nullable String driver) {
      return driver == null ? "no driver" : driver;
    }
  }

  public Plan {
    devices = List.copyOf(devices);
    returns = List.copyOf(returns);
    remarks = List.copyOf(remarks);
  }

  /** How many devices of a resource would be advertised, those in use included. */
  public long advertised(String resource) {
    return devices.stream()
        .filter(device -> device.resource().equals(resource))
        .filter(device -> device.outcome() != Outcome.REFUSE)
        .count();
  }
}
