package io.vsmmu.lab.proof;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.Message;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixListener;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** An {@link AdoptingProcess}, seen from the process that started it, which is connected to it. */
final class SecondProcess implements AutoCloseable {
  private final Path folder;
  private final Process process;
  private final UnixSocket socket;
  private final Deadline deadline;

  private SecondProcess(Path folder, Process process, UnixSocket socket, Deadline deadline) {
    this.folder = folder;
    this.process = process;
    this.socket = socket;
    this.deadline = deadline;
  }

  /**
   * Starts it, and waits until it has given its rights up and connects.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException EINVAL when it ended before; ETIMEDOUT
   */
  static SecondProcess start(Scenario scenario) throws IOException {
    Path folder =
        Files.createTempDirectory(
            "proof",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
    Path path = folder.resolve("tree.sock");
    Deadline deadline = Deadline.after(AdoptingProcess.PATIENCE);
    try (UnixListener listener =
        UnixListener.listen(
            path, SocketType.SEQPACKET, PosixFilePermissions.fromString("rw-rw-rw-"), 1)) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.addAll(
          List.of(AdoptingProcess.class.getName(), path.toString(), scenario.toString()));
      Process process = new ProcessBuilder(command).inheritIO().start();
      var _ = process.onExit().thenRun(listener::close);
      return new SecondProcess(folder, process, listener.accept(deadline), deadline);
    }
  }

  long pid() {
    return process.pid();
  }

  /** Who the kernel says has connected. */
  PeerProcess peer() {
    return socket.peer();
  }

  /** Hands a released tree over: the context first, then the devices of the description. */
  void hand(String description, List<Integer> fds) {
    socket.send(description.getBytes(java.nio.charset.StandardCharsets.UTF_8), fds, deadline);
  }

  /** What it says of the scenario; empty when it ends without a word. */
  byte[] verdict() {
    try (Message message = socket.receive(AdoptingProcess.MESSAGE_BYTES, 0, deadline)) {
      return message.bytes();
    }
  }

  /** Waits for its end. */
  int exitStatus() throws InterruptedException {
    return process.waitFor();
  }

  /** Ends it if it has not ended. */
  @Override
  public void close() throws IOException {
    socket.close();
    process.destroyForcibly();
    Files.deleteIfExists(folder.resolve("tree.sock"));
    Files.delete(folder);
  }
}
