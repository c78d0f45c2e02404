package io.vsmmu.agent.binding;

import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Binds functions to a VFIO driver through {@code driver_override}, and gives them back. Each call
 * ends with the function where it should be, or where it was. The caller sees to it that nobody
 * else handles the function meanwhile.
 */
public final class Binder {

  private static final Logger LOG = LoggerFactory.getLogger(Binder.class);

  /** Clears driver_override; an empty write would never reach the kernel. */
  private static final String NO_OVERRIDE = "\n";

  private final Sysfs sysfs;
  private final InUse inUse;
  private final OriginalDrivers originals;

  private Binder(Sysfs sysfs, InUse inUse, OriginalDrivers originals) {
    this.sysfs = sysfs;
    this.inUse = inUse;
    this.originals = originals;
  }

  /**
   * Only looks at what was bound before: the record may be that of an agent at work. The result
   * refuses to bind and to give back.
   *
   * @param stateFolder as in {@link #open}; when it is missing nothing counts as bound by us
   * @throws IOException when {@code stateFolder} cannot be read
   */
  public static Binder look(
      Sysfs sysfs, Path proc, DiskClaims disks, Path stateFolder, String bootId)
      throws IOException {
    return new Binder(
        sysfs, new InUse(sysfs.root(), proc, disks), OriginalDrivers.look(stateFolder, bootId));
  }

  /**
   * Opens the record of what was bound before.
   *
   * @param proc {@code /proc} of the host, to see what the host uses
   * @param disks tell what of it {@code proc} does not show
   * @param stateFolder where original drivers are remembered
   * @param bootId the running boot, {@code /proc/sys/kernel/random/boot_id}
   * @throws IOException when {@code stateFolder} cannot be read
   */
  public static Binder open(
      Sysfs sysfs, Path proc, DiskClaims disks, Path stateFolder, String bootId)
      throws IOException {
    return new Binder(
        sysfs, new InUse(sysfs.root(), proc, disks), OriginalDrivers.open(stateFolder, bootId));
  }

  /**
   * Brings a function onto {@code driver}. No-op when it is there. One that we moved to another
   * VFIO driver moves on; that blocks while a process has it open: the caller makes sure that none
   * has.
   *
   * @param function as it was read a moment ago
   * @param driver {@code vfio-pci} or a variant of it
   * @throws BindingException when it is in use, sits on another VFIO driver, or the kernel refuses;
   *     the function is then on the driver that it was on
   */
  public void bind(PciFunction function, String driver) throws BindingException {
    if (driver.equals(function.driver())) {
      return;
    }
    var address = function.address();
    var refusal = refusal(function, driver);
    if (refusal.isPresent()) {
      throw refusal.get();
    }
    boolean ours = originals.of(address).isPresent();
    try {
      originals.remember(function);
    } catch (IOException e) {
      throw new BindingException(
          "StateNotWritable",
          "%s is left on %s: its driver cannot be remembered (%s); make the agent's state folder"
                  .formatted(address, nameOf(function.driver()), e.getMessage())
              + " writable",
          e);
    }
    try {
      move(function, driver, driver);
    } catch (IOException e) {
      throw rolledBack(function, driver, ours, e);
    }
    LOG.info("{} moved from {} to {}", address, nameOf(function.driver()), driver);
  }

  /**
   * Why {@link #bind} would leave a function where it is, as far as that can be told before; empty
   * when nothing is in the way. Changes nothing.
   *
   * @param function as it was read a moment ago
   */
  public Optional<BindingException> refusal(PciFunction function, String driver) {
    return refusal(function, driver, inUse::of);
  }

  /** As {@link #refusal(PciFunction, String)}, for many functions as they are at this moment. */
  public Refusals refusals() {
    try {
      var below = inUse.below();
      return (function, driver) -> refusal(function, driver, address -> inUse.of(address, below));
    } catch (IOException e) {
      return (function, driver) ->
          refusal(
              function,
              driver,
              _ -> {
                throw e;
              });
    }
  }

  private Optional<BindingException> refusal(PciFunction function, String driver, Use use) {
    if (driver.equals(function.driver())) {
      return Optional.empty();
    }
    var address = function.address();
    if (function.onVfio() && originals.of(address).isEmpty()) {
      return refusal(
          "OtherVfioDriver",
          "%s is on %s, the VSmmu asks for %s: set driver: %s in the VSmmu, or unbind it"
              .formatted(address, function.driver(), driver, function.driver()));
    }
    if (!isLoaded(driver)) {
      return refusal(
          "DriverMissing",
          "%s cannot be bound: the driver %s is not loaded; %s"
              .formatted(
                  address,
                  driver,
                  otherSpelling(driver)
                      .map(loaded -> "%s is: set driver: %s in the VSmmu".formatted(loaded, loaded))
                      .orElse("run: modprobe " + driver)));
    }
    var virtual = function.virtualFunctions();
    if (virtual != null && virtual.enabled() > 0) {
      return refusal(
          "VirtualFunctionsEnabled",
          ("%s is left on %s: its %d virtual functions would vanish with that driver; exclude it from"
                  + " the selectors (pfAddress: %s selects its virtual functions), or disable them:"
                  + " echo 0 > /sys/bus/pci/devices/%s/sriov_numvfs")
              .formatted(address, nameOf(function.driver()), virtual.enabled(), address, address));
    }
    return refusal(function, use);
  }

  private boolean isLoaded(String driver) {
    return Files.isDirectory(sysfs.root().resolve("bus/pci/drivers").resolve(driver));
  }

  /** A module and its driver often differ in these; modprobe takes either, sysfs does not. */
  private Optional<String> otherSpelling(String driver) {
    return Stream.of(driver.replace('-', '_'), driver.replace('_', '-'))
        .filter(this::isLoaded)
        .findFirst();
  }

  private static Optional<BindingException> refusal(String reason, String message) {
    return Optional.of(new BindingException(reason, message));
  }

  /** The functions that this agent moved to VFIO in this boot. */
  public Set<PciAddress> boundByUs() {
    return originals.addresses();
  }

  /**
   * The driver that a function would be on after {@link #giveBack}.
   *
   * @param function as it was read a moment ago
   * @return empty for none, and for a function that we did not move
   */
  public Optional<String> original(PciFunction function) {
    return originals
        .of(function.address())
        .map(original ->
            OriginalDrivers.isWithHost(function) ? function.driver() : original.driver());
  }

  /**
   * Brings a function back to the driver that it was on before {@link #bind}. No-op for a function
   * that we did not move, such as one that was on VFIO from the start. One that is on a driver of
   * the host already stays on it, whichever that is. Blocks while a process has the function open:
   * the caller makes sure that none has.
   *
   * @throws BindingException when the kernel refuses; the function stays remembered, so that it can
   *     be tried again
   */
  public void giveBack(PciAddress address) throws BindingException {
    var original = originals.of(address);
    if (original.isEmpty()) {
      return;
    }
    try {
      var function = read(address);
      if (function == null) {
        originals.forget(address);
        LOG.info(
            "{} is gone from the PCI bus; {} cannot have it back",
            address,
            nameOf(original.get().driver()));
        return;
      }
      if (OriginalDrivers.isWithHost(function)) {
        leaveWithHost(function, original.get());
        return;
      }
      move(function, original.get().driver(), original.get().driverOverride());
      originals.forget(address);
      LOG.info("{} given back to {}", address, nameOf(original.get().driver()));
    } catch (IOException e) {
      throw new BindingException(
          "GiveBackFailed",
          "%s cannot be given back to %s: %s%s"
              .formatted(
                  address,
                  nameOf(original.get().driver()),
                  e.getMessage(),
                  reload(original.get().driver())),
          e);
    }
  }

  private String reload(@Nullable String driver) {
    return driver == null || isLoaded(driver)
        ? ""
        : "; %s is loaded no more, run: modprobe %s".formatted(driver, driver);
  }

  /** Takes back no more than an override that would bring the function to VFIO once more. */
  private void leaveWithHost(PciFunction function, OriginalDriver original) throws IOException {
    if (!Objects.equals(function.driver(), function.driverOverride())) {
      override(function, original.driverOverride());
    }
    originals.forget(function.address());
    LOG.info("{} is on {} already and stays there", function.address(), function.driver());
  }

  /** What the host uses a function for. */
  private interface Use {
    Optional<String> of(PciAddress address) throws IOException;
  }

  private static Optional<BindingException> refusal(PciFunction function, Use use) {
    try {
      return use.of(function.address())
          .map(what ->
              new BindingException(
                  "InUse",
                  "%s is left on %s: %s"
                      .formatted(function.address(), nameOf(function.driver()), what)));
    } catch (IOException e) {
      return Optional.of(
          new BindingException(
              "InUseUnknown",
              "%s is left on %s: whether the host uses it cannot be told: %s"
                  .formatted(function.address(), nameOf(function.driver()), e.getMessage()),
              e));
    }
  }

  private BindingException rolledBack(
      PciFunction before, String driver, boolean ours, IOException cause) {
    var address = before.address();
    var failure =
        new BindingException(
            BindingException.REFUSED,
            "%s cannot be bound to %s: %s".formatted(address, driver, cause.getMessage()),
            cause);
    try {
      var now = read(address);
      if (now != null) {
        move(now, before.driver(), before.driverOverride());
      }
      if (!ours) {
        originals.forget(address);
      }
    } catch (IOException e) {
      failure.addSuppressed(e);
      LOG.error("{} could not be brought back to {}", address, nameOf(before.driver()), e);
    }
    return failure;
  }

  /** Moves a function to {@code target} (none when null), leaving {@code override} set. */
  private void move(PciFunction function, @Nullable String target, @Nullable String override)
      throws IOException {
    var address = function.address();
    override(function, override);
    if (function.driver() != null && !function.driver().equals(target)) {
      sysfs.write(folder(function) + "driver/unbind", address.toString());
    }
    if (target != null && !target.equals(function.driver())) {
      sysfs.write("bus/pci/drivers_probe", address.toString());
    }
    var now = read(address);
    var driver = now == null ? null : now.driver();
    if (!Objects.equals(driver, target)) {
      throw new IOException(
          "it reads back as on %s, not on %s; the kernel log says why"
              .formatted(nameOf(driver), nameOf(target)));
    }
  }

  private void override(PciFunction function, @Nullable String driver) throws IOException {
    sysfs.write(folder(function) + "driver_override", driver == null ? NO_OVERRIDE : driver);
  }

  private static String folder(PciFunction function) {
    return "bus/pci/devices/" + function.address() + "/";
  }

  private @Nullable PciFunction read(PciAddress address) {
    return SysfsTopology.readFunction(sysfs.root(), address).orElse(null);
  }

  private static String nameOf(@Nullable String driver) {
    return driver == null ? "no driver" : driver;
  }
}
