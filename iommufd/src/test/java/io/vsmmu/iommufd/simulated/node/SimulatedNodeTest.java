package io.vsmmu.iommufd.simulated.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.SimulatedDevice;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.simulated.SimulatedTree;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.SysfsTopology;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node served to clients over real sockets and descriptors. */
class SimulatedNodeTest {
  private static final SimulatedMachine.Usage NOTHING = new SimulatedMachine.Usage(0, 0, 0, 0);
  private static final Deadline SOON = Deadline.after(Duration.ofMinutes(1));

  @TempDir Path temporary;
  private NodeFolder folder;
  private SimulatedMachine machine;
  private NodeServer server;
  private RemoteKernel kernel;

  @BeforeEach
  void start() throws IOException {
    folder = new NodeFolder(temporary);
    machine = new SimulatedMachine(SimulatedNode.small().onVfio());
    server = NodeServer.start(folder, machine, new SimulatedTree(temporary, machine));
    kernel = new RemoteKernel(folder);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void buildsAndDestroysTheWholeTreeFromOutside() {
    try (var context = IommuContext.open(kernel, iommu())) {
      context.chargeProcess();
      try (var tree = VmTree.build(context, devices(), InitialProxy.BYPASS)) {
        assertThat(tree.describe().viommus()).hasSize(2);
        assertThat(tree.describe().devices()).hasSize(3);
      }
    }
    awaitNothingOpen();
  }

  @RepeatedTest(20)
  void aCloseIsOverBeforeTheNextRequest() {
    try (var context = IommuContext.open(kernel, iommu())) {
      var tree = VmTree.build(context, devices(), InitialProxy.BYPASS);
      // Destroys what the devices, closed a moment ago, were attached to: EBUSY while they are.
      assertThatCode(tree::close).doesNotThrowAnyException();
    }
  }

  @Test
  void closingAPassedDescriptorHereLeavesTheFileOpenThere() {
    int ioas;
    IommuContext there;
    try (var context = IommuContext.open(kernel, iommu())) {
      ioas = context.allocateIoas().id();
      there = IommuContext.adopt(new RemoteKernel(folder), passed(context.fd()));
    }
    assertThat(machine.usage().contexts()).isEqualTo(1);
    assertThat(there.allocateIoas().id()).isNotEqualTo(ioas);
    there.close();
    awaitNothingOpen();
  }

  @Test
  void bindsADeviceInAContextThatBothCameFromElsewhere() {
    var other = new RemoteKernel(folder);
    try (var opened = IommuContext.open(kernel, iommu());
        var context = IommuContext.adopt(other, passed(opened.fd()));
        var device = VfioDevice.open(kernel, cdev(0), "first");
        var adopted = VfioDevice.adopt(other, passed(device.fd()), "first, adopted")) {
      adopted.bind(context);
      assertThatThrownBy(() -> device.bind(opened))
          .isInstanceOfSatisfying(
              IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
    }
    awaitNothingOpen();
  }

  @Test
  void refusesToBindToADescriptorThatIsNoContext() {
    try (var device = VfioDevice.open(kernel, cdev(0), "first");
        var notAContext = VfioDevice.open(kernel, cdev(1), "second");
        var context = IommuContext.adopt(kernel, passed(notAContext.fd()))) {
      assertThatThrownBy(() -> device.bind(context))
          .isInstanceOfSatisfying(
              IommuException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADFD));
    }
  }

  @Test
  void answersConcurrentRequestsOnOneFileToWhoeverAsked()
      throws InterruptedException, ExecutionException {
    int threads = 4;
    int each = 50;
    try (var context = IommuContext.open(kernel, iommu());
        var copy = IommuContext.adopt(new RemoteKernel(folder), passed(context.fd()));
        var executor = Executors.newFixedThreadPool(threads)) {
      var work = new ArrayList<Callable<List<Integer>>>();
      for (int i = 0; i < threads; i++) {
        var mine = i % 2 == 0 ? context : copy;
        work.add(() -> {
          var ids = new ArrayList<Integer>();
          for (int n = 0; n < each; n++) {
            ids.add(mine.allocateIoas().id());
          }
          return ids;
        });
      }
      var all = new ArrayList<Integer>();
      for (var result : executor.invokeAll(work)) {
        all.addAll(result.get());
      }
      assertThat(new HashSet<>(all)).hasSize(threads * each);
    }
  }

  @Test
  void aKilledClientLosesAllThatItHad() throws IOException, InterruptedException {
    var client =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                KilledClient.class.getName(),
                temporary.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var output = client.inputReader()) {
      assertThat(output.readLine()).isEqualTo(KilledClient.READY);
      assertThat(machine.usage().contexts()).isEqualTo(1);
      assertThat(machine.usage().vmids()).isEqualTo(2);
    } finally {
      client.destroyForcibly();
    }
    client.waitFor();
    awaitNothingOpen();
  }

  @Test
  void driversChangeBeforeTheWriteReturns() throws IOException {
    var sysfs = new RemoteSysfs(folder);
    var address = PciAddress.parse(device(0).pciAddress());
    assertThat(SysfsTopology.readFunction(folder.sysfs(), address).orElseThrow().vfioDevice())
        .isEqualTo(device(0).cdev());

    sysfs.write("bus/pci/devices/" + address + "/driver/unbind", address.toString());
    assertThat(SysfsTopology.readFunction(folder.sysfs(), address).orElseThrow().onVfio())
        .isFalse();
    assertThat(cdev(0)).doesNotExist();

    sysfs.write("bus/pci/devices/" + address + "/driver_override", "vfio-pci");
    sysfs.write("bus/pci/drivers_probe", address.toString());
    assertThat(SysfsTopology.readFunction(folder.sysfs(), address).orElseThrow().driver())
        .isEqualTo("vfio-pci");
    VfioDevice.open(kernel, cdev(0), "first").close();
  }

  @Test
  void aRefusedWriteSaysWhy() {
    assertThatThrownBy(() -> new RemoteSysfs(folder).write("bus/pci/drivers_probe", "0000:ff:00.0"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("0000:ff:00.0")
        .hasMessageContaining("ENODEV");
  }

  @Test
  void aNodeThatDoesNotRunIsNamed() {
    server.close();
    assertThatThrownBy(() -> IommuContext.open(kernel, iommu()))
        .isInstanceOf(IommuException.class)
        .hasStackTraceContaining("no simulated node serves " + temporary);
  }

  private Path iommu() {
    return folder.dev().resolve("iommu");
  }

  private SimulatedDevice device(int index) {
    return machine.node().devices().get(index);
  }

  private Path cdev(int index) {
    return folder.placeholder(SimulatedMachine.VFIO_DEVICES.resolve(device(index).cdev()));
  }

  private List<TreeDevice> devices() {
    return KilledClient.devices(folder, machine.node());
  }

  /** A copy of a descriptor, as another process gets it. */
  private static int passed(int fd) {
    try (var pair = UnixSocket.pair(SocketType.STREAM)) {
      pair.first().send(new byte[1], List.of(fd), SOON);
      return pair.second().receive(1, 1, SOON).fds().getFirst().take();
    }
  }

  private void awaitNothingOpen() {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(machine.usage()).isEqualTo(NOTHING));
  }
}
