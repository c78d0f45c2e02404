package io.vsmmu.agent.allocation;

import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.VfioDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One context on its way to a container, with the devices of all that the container has. */
final class Handout implements Handoff {

  private final List<LiveAllocation> parts;
  private final PreparedContext context;
  private final List<VfioDevice> devices;
  private final HandoffManifest manifest;
  private boolean acknowledged;
  private boolean closed;

  private Handout(
      List<LiveAllocation> parts,
      PreparedContext context,
      List<VfioDevice> devices,
      HandoffManifest manifest) {
    this.parts = parts;
    this.context = context;
    this.devices = devices;
    this.manifest = manifest;
  }

  /**
   * Takes the allocations of a container together: one of their contexts is completed with the
   * devices of the others.
   *
   * @param asked the one that the container asked for
   * @param parts all of them, {@code asked} among them, in an order that is the same for everybody
   * @throws AllocationException when one of them is over or being handed out, or the kernel refuses
   */
  static Handout of(
      Contexts contexts,
      String asked,
      List<LiveAllocation> parts,
      PodContainer container,
      HandoffProtocol protocol)
      throws AllocationException {
    var proposals = Loan.of(parts).stream().map(Loan::context).filter(Objects::nonNull).toList();
    PreparedContext whole = null;
    try {
      whole = contexts.unite(proposals, parts, protocol);
      var devices = protocol == HandoffProtocol.FULL ? whole.openDevices() : List.<VfioDevice>of();
      var manifest = whole.manifest(asked);
      parts.forEach(part -> part.handing(container, asked, manifest));
      return new Handout(parts, whole, devices, manifest);
    } catch (IommuException e) {
      giveUp(parts, whole);
      throw new AllocationException(
          "allocation %s cannot be handed over: %s".formatted(asked, e.getMessage()), e);
    } catch (AllocationException | RuntimeException e) {
      giveUp(parts, whole);
      throw e;
    }
  }

  private static void giveUp(List<LiveAllocation> parts, @Nullable PreparedContext whole) {
    if (whole != null) {
      LiveAllocation.closeQuietly(whole);
    }
    parts.forEach(LiveAllocation::notTaken);
  }

  private record Loan(LiveAllocation lender, @Nullable PreparedContext context) {
    static List<Loan> of(List<LiveAllocation> lenders) throws AllocationException {
      var loans = new ArrayList<Loan>();
      try {
        for (var lender : lenders) {
          loans.add(new Loan(lender, lender.lend()));
        }
        return loans;
      } catch (AllocationException e) {
        loans.forEach(loan -> loan.lender.takeBack(loan.context));
        throw e;
      }
    }
  }

  @Override
  public HandoffManifest manifest() {
    return manifest;
  }

  @Override
  public List<Integer> descriptors() {
    var descriptors = new ArrayList<Integer>();
    descriptors.add(context.fd());
    devices.forEach(device -> descriptors.add(device.fd()));
    return descriptors;
  }

  @Override
  public synchronized void acknowledged() {
    acknowledged = true;
    close();
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    devices.forEach(LiveAllocation::closeQuietly);
    LiveAllocation.closeQuietly(context);
    parts.forEach(acknowledged ? LiveAllocation::handed : LiveAllocation::notTaken);
  }
}
