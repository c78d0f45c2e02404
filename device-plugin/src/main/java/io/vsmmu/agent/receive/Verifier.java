package io.vsmmu.agent.receive;

import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.HandoffManifest.Capabilities;
import io.vsmmu.agent.allocation.HandoffManifest.HandedDevice;
import io.vsmmu.agent.allocation.HandoffManifest.Viommu;
import io.vsmmu.iommufd.BoundDevice;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.NestedHwpt;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VirtualDevice;
import io.vsmmu.iommufd.VirtualIommu;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Proves against the kernel that what was handed over is what the manifest says, by using it as a
 * VMM does: every device binds in the context, belongs to its vIOMMU and to no other, and attaches
 * to its proxy. Devices and objects stay in use until this object is closed.
 */
public final class Verifier implements AutoCloseable {
  /** Between the virtual stream ids that are tried: one PCI device each. */
  private static final int STREAM_ID_STEP = 8;

  private final HandoffManifest manifest;
  private final ReceivedContext received;
  private final Consumer<String> step;
  private final IommuContext context;
  private final List<VfioDevice> opened = new ArrayList<>();

  /**
   * Takes over the descriptors of what was received.
   *
   * @param kernel what the descriptors belong to
   * @param step told of every step that was proven, in one line
   */
  public Verifier(Kernel kernel, ReceivedContext received, Consumer<String> step) {
    this.manifest = received.manifest();
    this.received = received;
    this.step = step;
    this.context = IommuContext.adopt(kernel, received.iommufd().take());
  }

  /**
   * Makes all proofs, once. Devices that were handed over bound cannot be proven.
   *
   * @throws VerificationException at the first thing that is not as the manifest says
   * @throws IommuException when the kernel refuses what it must do
   */
  public void verify() throws VerificationException {
    require(context.chargesProcess(), "pinned memory is charged to the user, not to the process");
    step.accept("context: pinned memory is charged to this process");
    for (int i = 0; i < manifest.devices().size(); i++) {
      verify(manifest.devices().get(i), (long) i * STREAM_ID_STEP);
    }
  }

  private void verify(HandedDevice handed, long virtualStreamId) throws VerificationException {
    String address = handed.pciAddress();
    VfioDevice device = VfioDevice.adopt(context.kernel(), received.vfio(address).take(), address);
    opened.add(device);
    if (handed.bound()) {
      throw new VerificationException(
          address
              + ": handed over bound, so that it cannot be bound here to prove the manifest;"
              + " verify with handoff: Unbound");
    }
    BoundDevice bound = device.bind(context);
    step.accept("%s: bound in the handed context as device %d".formatted(address, bound.id()));
    Optional<Viommu> own = viommuOf(handed);
    if (own.isEmpty()) {
      step.accept(address + ": handed over without a vIOMMU; its SMMU cannot nest");
      return;
    }
    compare(own.get(), bound);
    for (Viommu other : manifest.viommus()) {
      if (other.id() != own.get().id()) {
        refuse(other, bound, virtualStreamId);
      }
    }
    join(own.get(), bound, virtualStreamId);
  }

  private Optional<Viommu> viommuOf(HandedDevice handed) throws VerificationException {
    if (handed.viommu() == null) {
      return Optional.empty();
    }
    int id = handed.viommu();
    return Optional.of(
        manifest.viommus().stream()
            .filter(viommu -> viommu.id() == id && viommu.smmu().equals(handed.smmu()))
            .findFirst()
            .orElseThrow(() ->
                new VerificationException(
                    "%s: the manifest has no vIOMMU %d of %s"
                        .formatted(handed.pciAddress(), id, handed.smmu()))));
  }

  private void compare(Viommu viommu, BoundDevice bound) throws VerificationException {
    SmmuCapabilities real = bound.smmu();
    var found =
        new Capabilities(
            real.oas(), real.ssidSize(), real.sidSize(), real.ril(), real.ats(), real.granules());
    require(
        found.equals(viommu.capabilities()),
        "%s: its SMMU has %s, the manifest says %s".formatted(bound, found, viommu.capabilities()));
    step.accept("%s: its SMMU can do what the manifest says of %s".formatted(bound, viommu.smmu()));
  }

  private void join(Viommu viommu, BoundDevice bound, long virtualStreamId) {
    VirtualDevice virtual =
        VirtualIommu.adopt(context, viommu.id()).allocateVdevice(bound, virtualStreamId);
    step.accept(
        "%s: vDEVICE %d, stream id 0x%x, on handed vIOMMU %d"
            .formatted(bound, virtual.id(), virtualStreamId, viommu.id()));
    bound.attach(NestedHwpt.adopt(context, viommu.bypass()));
    step.accept("%s: attached to handed bypass proxy %d".formatted(bound, viommu.bypass()));
  }

  /** A device behind another SMMU must not get into this vIOMMU. */
  private void refuse(Viommu other, BoundDevice bound, long virtualStreamId)
      throws VerificationException {
    expectRefusal(
        () -> VirtualIommu.adopt(context, other.id()).allocateVdevice(bound, virtualStreamId),
        "%s: vDEVICE on vIOMMU %d of the other %s".formatted(bound, other.id(), other.smmu()));
    expectRefusal(
        () -> bound.attach(NestedHwpt.adopt(context, other.bypass())),
        "%s: attach to bypass proxy %d of the other %s"
            .formatted(bound, other.bypass(), other.smmu()));
  }

  private void expectRefusal(Runnable request, String what) throws VerificationException {
    try {
      request.run();
    } catch (IommuException e) {
      require(e.errno() == Errno.EINVAL, what + " was refused with " + e.errno() + ", not EINVAL");
      step.accept(what + ": refused with EINVAL, as it must be");
      return;
    }
    throw new VerificationException(what + " was not refused");
  }

  private static void require(boolean holds, String otherwise) throws VerificationException {
    if (!holds) {
      throw new VerificationException(otherwise);
    }
  }

  /** Closes devices and context. */
  @Override
  public void close() {
    opened.forEach(VfioDevice::close);
    context.close();
    received.close();
  }
}
