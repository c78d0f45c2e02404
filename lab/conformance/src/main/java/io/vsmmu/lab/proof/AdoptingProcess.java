package io.vsmmu.lab.proof;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDescription;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.Message;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The second process of the data proof, in the role of a VMM: gives its rights up, takes a released
 * tree over, and plays a scenario in it.
 */
final class AdoptingProcess {
  static final Duration PATIENCE = Duration.ofMinutes(2);
  static final int MESSAGE_BYTES = 1 << 16;

  private AdoptingProcess() {}

  /**
   * Runs the program. Its exit status is 0 when the scenario was as it should be, and it says so on
   * the socket.
   *
   * @param arguments the socket to collect the tree from, and the scenario
   */
  public static void main(String[] arguments) {
    Path socket = Path.of(arguments[0]);
    Scenario scenario = Scenario.valueOf(arguments[1]);
    Unprivileged.become(Unprivileged.QEMU);
    Deadline deadline = Deadline.after(PATIENCE);
    try (UnixSocket giver = UnixSocket.connect(socket, SocketType.SEQPACKET, deadline);
        Message tree = giver.receive(MESSAGE_BYTES, UnixSocket.MAX_FDS, deadline)) {
      play(scenario, tree);
      giver.send(played(scenario), deadline);
    }
  }

  /** What is said of a scenario that was as it should be. */
  static byte[] played(Scenario scenario) {
    return ("played " + scenario).getBytes(UTF_8);
  }

  private static void play(Scenario scenario, Message message) {
    Kernel kernel = new LinuxKernel();
    TreeDescription description = TreeMessage.read(new String(message.bytes(), UTF_8));
    List<TreeDescription.Device> devices = description.devices();
    if (message.fds().size() != 1 + devices.size()) {
      throw new IllegalStateException(
          "%d descriptors came for a context and %d devices"
              .formatted(message.fds().size(), devices.size()));
    }
    try (IommuContext context = IommuContext.adopt(kernel, message.fds().getFirst().take())) {
      VmTree tree = VmTree.adopt(context, description);
      for (int i = 0; i < devices.size(); i++) {
        String address = devices.get(i).pciAddress();
        VfioDevice file = VfioDevice.adopt(kernel, message.fds().get(i + 1).take(), address);
        // The two are behind a vIOMMU each, where the same number means different devices.
        var _ = tree.join(address, file, MiniatureVm.STREAM_ID);
      }
      scenario.play(
          new MiniatureVm(kernel, tree, devices.get(0).pciAddress(), devices.get(1).pciAddress()));
      tree.release();
    }
  }
}
