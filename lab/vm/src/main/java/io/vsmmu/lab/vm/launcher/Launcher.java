package io.vsmmu.lab.vm.launcher;

import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Starts a VM as virt-launcher does: takes the context from KubeVirt's iommufd socket, lets the
 * hook sidecar rewrite the domain, and has libvirt define and start it on that context. The guest's
 * console becomes the output; the exit status is 0 when the guest has powered itself off.
 */
public final class Launcher {
  private static final Path CONTEXT_SOCKET = Path.of("/var/run/kubevirt/iommufd.sock");
  private static final Path SIDECARS = Path.of("/var/run/kubevirt-hooks");
  private static final String LIBVIRT = "qemu:///session";

  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final int MEMORY_MIB = 256;

  /** What libvirt adds for the devices' own memory. */
  private static final int DEVICE_MEMORY_MIB = 1024;

  /** With an override that QEMU is to be told of: the node's SMMUs have range invalidation. */
  private static final String MACHINE =
      """
      {"metadata": {"namespace": "default", "name": "guest", "annotations": {"vsmmu.io/ril": "off"}}}
      """;

  /** What of QEMU's command line is about devices and their translation. */
  private static final List<String> TELLING =
      List.of("iommufd", "vfio-pci", "arm-smmuv3", "pxb-pcie");

  private final LibvirtConnection libvirt;
  private final HookSidecar sidecar;
  private final Path state;

  private Launcher(LibvirtConnection libvirt, HookSidecar sidecar, Path state) {
    this.libvirt = libvirt;
    this.sidecar = sidecar;
    this.state = state;
  }

  /**
   * Runs the program.
   *
   * @param arguments a folder with the guest's files, libvirtd.pid and libvirt's own folders
   */
  public static void main(String[] arguments) throws InterruptedException {
    try {
      System.exit(run(Path.of(arguments[0])) ? 0 : 1);
    } catch (IOException | LibvirtException | RuntimeException e) {
      say("FAILED: %s", e);
      e.printStackTrace(System.err);
      System.exit(1);
    }
  }

  private static boolean run(Path state)
      throws IOException, LibvirtException, InterruptedException {
    var socket = ContextSocket.receive(CONTEXT_SOCKET, Deadline.after(PATIENCE));
    try (var context = IommuContext.adopt(new LinuxKernel(), socket.take());
        var sidecar = HookSidecar.await(SIDECARS, PATIENCE);
        var libvirt = LibvirtConnection.open(LIBVIRT)) {
      say("took the context from %s", CONTEXT_SOCKET);
      var orderly = new Launcher(libvirt, sidecar, state).start(context);
      sidecar.shutdown();
      return orderly;
    }
  }

  private boolean start(IommuContext context)
      throws IOException, LibvirtException, InterruptedException {
    var console = state.resolve("console.sock");
    var devices = GuestDomain.devices(System.getenv());
    devices.forEach(device -> say("was given %s", device));
    var asked = new GuestDomain(devices, MEMORY_MIB, state, console).xml();
    var hooked = define(asked, "first");
    var had = new HashSet<>(asked.lines().toList());
    hooked
        .lines()
        .filter(line -> !had.contains(line))
        .forEach(line -> say("the sidecar added %s", line.strip()));
    try (var domain = libvirt.define(hooked)) {
      say("%s defined the domain, which is valid by its schema", libvirt.versions());
      requireStable(domain.xml());
      domain.associate(GuestDomain.FD_GROUP, context.fd());
      awaitPinningLimit(devices.size());
      int before = objectsIn(context);
      domain.startPaused();
      commandLine().forEach(argument -> say("QEMU got %s", argument));
      say("the handed context has %d objects of QEMU", objectsIn(context) - before);
      try (var guest = SocketChannel.open(UnixDomainSocketAddress.of(console))) {
        domain.resume();
        Channels.newInputStream(guest).transferTo(System.out);
      }
      return domain.awaitEnd(PATIENCE);
    }
  }

  /** virt-launcher calls the hook again, with what libvirt has made of the domain. */
  private void requireStable(String completed) throws IOException {
    if (!define(completed, "second").equals(completed)) {
      throw new IOException("the sidecar changed the domain again:\n" + completed);
    }
    say("the sidecar leaves what libvirt made of it as it is");
  }

  private String define(String domain, String which) {
    var start = System.nanoTime();
    var hooked = sidecar.onDefineDomain(domain, MACHINE);
    say(
        "the sidecar's %s definition took %d ms",
        which, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
    return hooked;
  }

  /**
   * Behind a vSMMU each device has an address space of its own, and libvirt reckons the guest's
   * memory once for each.
   */
  private void awaitPinningLimit(int devices) throws IOException, InterruptedException {
    var wanted = ((long) devices * MEMORY_MIB + DEVICE_MEMORY_MIB) << 20;
    var limit =
        new PinningLimit(Long.parseLong(Files.readString(state.resolve("libvirtd.pid")).strip()));
    say(
        "libvirtd may pin %d bytes; waits for virt-handler to raise that to %d",
        limit.bytes(), wanted);
    limit.await(wanted, PATIENCE);
  }

  /** Ids of a context are given from the lowest, so that the next tells how many are there. */
  private static int objectsIn(IommuContext context) {
    try (var ioas = context.allocateIoas()) {
      return ioas.id() - 1;
    }
  }

  private List<String> commandLine() throws IOException {
    var pid =
        Files.readString(state.resolve("run/libvirt/qemu/run/" + GuestDomain.NAME + ".pid"))
            .strip();
    return Arrays.stream(
            Files.readString(Path.of("/proc", pid, "cmdline"), StandardCharsets.UTF_8).split("\0"))
        .filter(argument -> TELLING.stream().anyMatch(argument::contains))
        .toList();
  }

  private static void say(String format, Object... values) {
    System.out.println("launcher: " + format.formatted(values));
  }
}
