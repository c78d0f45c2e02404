package io.vsmmu.agent.probe;

import io.vsmmu.iommufd.BoundDevice;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries on a device what a VM will need, in a context of its own that is gone afterwards. A probe
 * binds the device, which resets it (tens to hundreds of milliseconds): never probe one that a
 * container has or is about to get.
 */
public final class Prober {

  private static final Logger LOG = LoggerFactory.getLogger(Prober.class);

  private static final String NOT_VIABLE = "GroupNotViable";
  private static final String NODE_MISSING = "DeviceNodeMissing";
  private static final String CANNOT_BE_OPENED = "BindFailedInDevice";
  private static final String NOT_RESET = "ResetFailed";

  /** What nobody has, and keeps from use all the same. */
  private static final Set<String> BROKEN = Set.of(CANNOT_BE_OPENED, NOT_RESET);

  /**
   * What a bind is refused with while somebody has the function, its group, or the lock that its
   * reset takes, or may have. Any other error comes from opening the device, which is tried only
   * when nobody has it (drivers/vfio/vfio_main.c, vfio_df_open).
   */
  private static final Set<Errno> HELD =
      EnumSet.of(Errno.EINVAL, Errno.EPERM, Errno.EBUSY, Errno.EAGAIN, Errno.ENOMEM, Errno.EINTR);

  /** Of these, what a bind is refused with for good though nobody has the function or its group. */
  private static final Set<Errno> LASTING = EnumSet.of(Errno.EINVAL, Errno.EPERM);

  /** What others have, and may give back: VMIDs, memory. */
  private static final Set<Errno> PASSING =
      EnumSet.of(Errno.ENOSPC, Errno.ENOMEM, Errno.EBUSY, Errno.EINTR);

  private final Kernel kernel;
  private final Path dev;
  private final Path sysfs;

  /**
   * A prober for the devices of this kernel.
   *
   * @param dev {@code /dev}
   * @param sysfs {@code /sys}, for what a refusal does not say
   */
  public Prober(Kernel kernel, Path dev, Path sysfs) {
    this.kernel = kernel;
    this.dev = dev;
    this.sysfs = sysfs;
  }

  /** Why no function at all can be used; empty when contexts can be made. */
  public Optional<Obstacle> contextsMissing() {
    var iommu = dev.resolve("iommu");
    return Files.exists(iommu)
        ? Optional.empty()
        : Optional.of(
            new Obstacle(
                NODE_MISSING,
                iommu
                    + " is missing, without which VFIO devices are of no use: run: modprobe iommufd;"
                    + " where there is no such module the kernel lacks CONFIG_IOMMUFD"));
  }

  /**
   * Whether a function on a VFIO driver can be bound, and is reset by that.
   *
   * @param withSmmu whether to find out about its SMMU, too
   */
  public ProbeResult probe(PciFunction function, boolean withSmmu) {
    try (var context =
            IommuContext.open(kernel, dev.resolve("iommu"), () -> SysfsTopology.read(sysfs));
        var device = open(function)) {
      var bound = device.bind(context);
      return new ProbeResult(
          notReset(function, bound), withSmmu ? report(smmuOf(function), context, bound) : null);
    } catch (IommuException e) {
      boolean lasting = !e.request().equals("open") && LASTING.contains(e.errno());
      return new ProbeResult(obstacle(e), null, lasting);
    }
  }

  /**
   * Why a function cannot be bound, for one that could be before: a process has it open. Empty when
   * it is free, when it is on no VFIO driver, and when nobody has it and it is not fit for use.
   */
  public Optional<Obstacle> busy(PciFunction function) {
    return busy(function, () -> {});
  }

  /**
   * As {@link #busy(PciFunction)}.
   *
   * @param broken told when nobody has it, and it fails to be opened or to be reset
   */
  public Optional<Obstacle> busy(PciFunction function, Runnable broken) {
    if (!function.onVfio()) {
      return Optional.empty();
    }
    var refused = Optional.ofNullable(probe(function, false).obstacle());
    if (refused.filter(it -> BROKEN.contains(it.reason())).isPresent()) {
      broken.run();
    }
    return refused
        .filter(obstacle ->
            !obstacle.reason().equals(NODE_MISSING) && !BROKEN.contains(obstacle.reason()))
        .filter(obstacle -> !obstacle.reason().equals(NOT_VIABLE) || !groupIsTheHosts(function));
  }

  /**
   * Whether a driver of the host has a function of the group: then no context can have another, and
   * that this one cannot be bound does not mean that somebody has it.
   */
  private boolean groupIsTheHosts(PciFunction function) {
    try {
      var topology = SysfsTopology.read(sysfs);
      return Optional.ofNullable(function.iommuGroup()).flatMap(topology::group).stream()
          .flatMap(group -> group.functions().stream())
          .flatMap(address -> topology.function(address).stream())
          .anyMatch(PciFunction::heldByHost);
    } catch (IOException e) {
      LOG.warn("{} counts as busy: its group cannot be looked at", function.address(), e);
      return false;
    }
  }

  private VfioDevice open(PciFunction function) {
    var cdev = Objects.requireNonNull(function.vfioDevice(), "a device on a VFIO driver");
    return VfioDevice.open(
        kernel, dev.resolve("vfio/devices").resolve(cdev), function.address().toString());
  }

  /**
   * VFIO resets a function when it is opened, goes on when that fails, and then has no reset to
   * offer (vfio_pci_core_enable). One without any way to be reset was accepted as it is.
   */
  private static @Nullable Obstacle notReset(PciFunction function, BoundDevice bound) {
    if (function.resetMethods().isEmpty() || bound.info().resettable()) {
      return null;
    }
    return new Obstacle(
        NOT_RESET,
        ("%s could not be reset (%s) and is kept from use, for what its last user left in it may be"
                + " there still; it is tried again, or bring it back: echo 1 >"
                + " /sys/bus/pci/devices/%s/remove; echo 1 > /sys/bus/pci/rescan")
            .formatted(
                function.address(),
                String.join(", ", function.resetMethods()),
                function.address()));
  }

  private static String smmuOf(PciFunction function) {
    return Objects.requireNonNull(function.smmu(), "a device behind an SMMU");
  }

  private static SmmuReport report(String smmu, IommuContext context, BoundDevice device) {
    SmmuCapabilities capabilities;
    try {
      capabilities = device.smmu();
    } catch (IommuException e) {
      boolean passing = PASSING.contains(e.errno());
      var reason = passing ? "NotRead" : "NotAnSmmuV3";
      return new SmmuReport(smmu, new Obstacle(reason, text(e)), null, passing);
    }
    return tryNesting(context, device)
        .map(e ->
            new SmmuReport(
                smmu,
                new Obstacle(nestingReason(e, capabilities), text(e)),
                capabilities,
                PASSING.contains(e.errno())))
        .orElseGet(() -> new SmmuReport(smmu, null, capabilities));
  }

  /** Makes what a VM needs on an SMMU, newest object closed first; what was refused. */
  private static Optional<IommuException> tryNesting(IommuContext context, BoundDevice device) {
    try (var ioas = context.allocateIoas();
        var parent = ioas.allocateNestingParent(device);
        var viommu = parent.allocateViommu(device);
        var _ = viommu.allocateProxies(device)) {
      return Optional.empty();
    } catch (IommuException e) {
      return Optional.of(e);
    }
  }

  private static String nestingReason(IommuException e, SmmuCapabilities capabilities) {
    return switch (e.errno()) {
      case EOPNOTSUPP ->
          capabilities.bothStages() && !capabilities.s2fwb()
              ? "NoForcedWriteBack"
              : "NestingNotSupported";
      case ENOSPC -> "NoVmidLeft";
      default -> "NestingFailed";
    };
  }

  private static Obstacle obstacle(IommuException e) {
    if (e.request().equals("open")) {
      return new Obstacle(
          e.errno() == Errno.ENOENT ? NODE_MISSING : "DeviceNodeNotOpened", text(e));
    }
    if (!HELD.contains(e.errno())) {
      return new Obstacle(CANNOT_BE_OPENED, text(e));
    }
    return new Obstacle(e.errno() == Errno.EPERM ? NOT_VIABLE : "BindRefused", text(e));
  }

  private static String text(IommuException e) {
    return Objects.requireNonNull(e.getMessage());
  }
}
