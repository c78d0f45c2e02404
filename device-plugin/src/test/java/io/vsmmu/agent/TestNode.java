package io.vsmmu.agent;

import com.sun.jna.Pointer;
import io.vsmmu.agent.binding.Binder;
import io.vsmmu.agent.binding.DiskClaims;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.agent.probe.Prober;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.iommufd.topology.SysfsTopology;
import io.vsmmu.iommufd.uapi.VfioDeviceInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A simulated node in a folder, and the agent's parts on it. */
public final class TestNode {

  public static final String BOOT = "b00700aa-0000-4000-8000-000000000001";

  static {
    // The machine that tests run on may be busy with other builds.
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  private final Path folder;
  private final SimulatedMachine machine;
  private final SimulatedTree tree;
  private final SimulatedKernel agent;
  private volatile boolean resets = true;

  public TestNode(Path folder, SimulatedNode node) {
    this.folder = folder;
    this.machine = new SimulatedMachine(node);
    this.agent = new SimulatedKernel(machine, true);
    try {
      this.tree = new SimulatedTree(folder.resolve("node"), machine);
      write("1/net/route", "Iface Destination Gateway\n");
      write("1/net/if_inet6", "");
      write("1/mountinfo", "");
      write("sys/kernel/random/boot_id", BOOT + "\n");
      write("swaps", "Filename Type Size Used Priority\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public SimulatedMachine machine() {
    return machine;
  }

  public Sysfs sysfs() {
    return tree;
  }

  public Path sys() {
    return tree.root();
  }

  public Path dev() {
    return tree.dev();
  }

  public Path proc() {
    return folder.resolve("proc");
  }

  public Path state() {
    return folder.resolve("state");
  }

  /** The agent's process. */
  public SimulatedKernel agentProcess() {
    return agent;
  }

  /** The kernel for the agent, whose device nodes are in {@link #dev}. */
  public Kernel kernel() {
    return kernelFor(agent);
  }

  /** The kernel for any process of the node. */
  public Kernel kernelFor(SimulatedKernel process) {
    return new ForwardingKernel(process) {
      @Override
      public int open(Path device) {
        return super.open(Path.of("/dev").resolve(dev().relativize(device)));
      }

      @Override
      public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
        super.ioctl(fd, request, argument);
        if (!resets && request.equals(VfioDeviceInfo.REQUEST) && argument != null) {
          int flags = argument.getInt(Integer.BYTES);
          argument.setInt(Integer.BYTES, flags & ~VfioDeviceInfo.VFIO_DEVICE_FLAGS_RESET);
        }
      }
    };
  }

  /** Is asked before each write to sysfs, and may refuse it as the kernel does. */
  public interface BeforeWrite {
    void write(String attribute, String value) throws IOException;
  }

  /** The node's sysfs, with somebody before its writes. */
  public Sysfs sysfs(BeforeWrite before) {
    return new Sysfs() {
      @Override
      public Path root() {
        return sys();
      }

      @Override
      public void write(String attribute, String value) throws IOException {
        before.write(attribute, value);
        sysfs().write(attribute, value);
      }
    };
  }

  public Binder binder() throws IOException {
    return binder(sysfs());
  }

  public Binder binder(Sysfs writes) throws IOException {
    return Binder.open(
        writes, proc(), DiskClaims.byOpening(dev()), state().resolve("drivers"), BOOT);
  }

  public Prober prober() {
    return new Prober(kernel(), dev(), sys());
  }

  public NodeInventory inventory(DeviceClaims claims) throws IOException {
    return NodeInventory.open(sys(), binder(), prober(), claims, state().resolve("smmus"), BOOT);
  }

  public NodeTopology topology() {
    try {
      return SysfsTopology.read(sys());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public PciFunction function(String address) {
    return topology().function(PciAddress.parse(address)).orElseThrow();
  }

  /** A function no longer answers on the bus: reads of its config space give all ones. */
  public void silence(String address) {
    answer(address, (byte) 0xff);
  }

  /** It answers again. */
  public void revive(String address) {
    answer(address, (byte) 0x11);
  }

  /** Whether a reset of any function works from now on. */
  public void resets(boolean work) {
    resets = work;
  }

  /** A function leaves the bus; what to give to {@link #plug} when it comes back. */
  public Path unplug(String address) {
    var link = sys().resolve("bus/pci/devices").resolve(address);
    try {
      var place = Files.readSymbolicLink(link);
      Files.delete(link);
      return place;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A function is to leave the bus while a process has it open: the kernel takes its VFIO node and
   * its driver away, and waits for the process.
   */
  public void beginRemoval(String address) {
    var function = sys().resolve("bus/pci/devices").resolve(address);
    try (var nodes = Files.list(function.resolve("vfio-dev"))) {
      for (var node : nodes.toList()) {
        Files.delete(node);
      }
      Files.delete(function.resolve("vfio-dev"));
      Files.delete(function.resolve("driver"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** It is back. */
  public void plug(String address, Path place) {
    try {
      Files.createSymbolicLink(sys().resolve("bus/pci/devices").resolve(address), place);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void answer(String address, byte each) {
    var config = new byte[64];
    Arrays.fill(config, each);
    try {
      Files.write(sys().resolve("bus/pci/devices").resolve(address).resolve("config"), config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The host has a network interface on a function. */
  public void netdev(String address, String name) {
    place("class/net", address, "net/" + name, name);
  }

  /** The host has a disk on a function. */
  public void disk(String address, String name, String number) {
    var disk = place("class/block", address, "nvme/nvme0/" + name, name);
    try {
      Files.writeString(disk.resolve("dev"), number + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A driver that no device is on. */
  public void driver(String name) {
    try {
      Files.createDirectories(sys().resolve("bus/pci/drivers").resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A driver is a module.
   *
   * @param references how often it is in use, other modules included
   * @param holders the modules that build on it
   */
  public void module(String driver, int references, String... holders) {
    try {
      var module = Files.createDirectories(sys().resolve("module").resolve(driver));
      Files.writeString(module.resolve("refcnt"), references + "\n");
      var folder = Files.createDirectory(module.resolve("holders"));
      for (var holder : holders) {
        Files.createDirectory(folder.resolve(holder));
      }
      Files.createSymbolicLink(
          sys().resolve("bus/pci/drivers").resolve(driver).resolve("module"), module);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file that the host's /proc shows. */
  public void write(String table, String text) {
    try {
      var file = proc().resolve(table);
      Files.createDirectories(file.resolve("..").normalize());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path place(String deviceClass, String address, String below, String name) {
    try {
      var member =
          Files.createDirectories(
              sys().resolve("bus/pci/devices").resolve(address).toRealPath().resolve(below));
      var members = Files.createDirectories(sys().resolve(deviceClass));
      Files.createSymbolicLink(members.resolve(name), member);
      return member;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
