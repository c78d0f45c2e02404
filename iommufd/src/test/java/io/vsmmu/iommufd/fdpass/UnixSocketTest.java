package io.vsmmu.iommufd.fdpass;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnixSocketTest {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  @TempDir Path folder;

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(10));
  }

  private static Deadline almostNow() {
    return Deadline.after(Duration.ofMillis(30));
  }

  @ParameterizedTest
  @EnumSource(SocketType.class)
  void passedDescriptorLeadsToTheSameFile(SocketType type) throws IOException {
    Path file = folder.resolve("file");
    try (var pair = UnixSocket.pair(type);
        var written = new OpenFile(file)) {
      pair.first().send("hello".getBytes(UTF_8), List.of(written.fd()), soon());

      try (Message message = pair.second().receive(100, 1, soon())) {
        assertThat(message.bytes()).asString(UTF_8).isEqualTo("hello");
        int received = message.fds().getFirst().fd();
        assertThat(received).isNotEqualTo(written.fd());
        Files.writeString(Path.of("/proc/self/fd/" + received), "through the passed descriptor");
      }
    }
    assertThat(file).hasContent("through the passed descriptor");
  }

  @Test
  void receivedDescriptorIsCloseOnExec() throws IOException {
    try (var pair = UnixSocket.pair(SocketType.STREAM);
        var file = new OpenFile(folder.resolve("file"))) {
      pair.first().send(new byte[1], List.of(file.fd()), soon());
      try (Message message = pair.second().receive(1, 1, soon())) {
        assertThat(openFlags(message.fds().getFirst().fd()) & 02000000).isNotZero();
      }
    }
  }

  @Test
  void keepsTheOrderOfManyDescriptors() throws IOException {
    List<OpenFile> files =
        IntStream.range(0, UnixSocket.MAX_FDS)
            .mapToObj(i -> new OpenFile(folder.resolve("file" + i)))
            .toList();
    try (var pair = UnixSocket.pair(SocketType.STREAM)) {
      pair.first().send(new byte[1], files.stream().map(OpenFile::fd).toList(), soon());
      try (Message message = pair.second().receive(1, UnixSocket.MAX_FDS, soon())) {
        List<String> targets =
            message.fds().stream().map(fd -> target(fd.fd()).getFileName().toString()).toList();
        assertThat(targets)
            .isEqualTo(IntStream.range(0, UnixSocket.MAX_FDS).mapToObj(i -> "file" + i).toList());
      }
    } finally {
      files.forEach(OpenFile::close);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void moreDescriptorsThanExpectedAreRefusedAndNoneIsLeftOpen(int expected) {
    Path file = folder.resolve("sent " + expected);
    try (var pair = UnixSocket.pair(SocketType.STREAM);
        var sent = new OpenFile(file)) {
      pair.first().send(new byte[1], List.of(sent.fd(), sent.fd(), sent.fd()), soon());

      assertThatThrownBy(() -> pair.second().receive(1, expected, soon()))
          .isInstanceOfSatisfying(
              KernelException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EMSGSIZE));
      assertThat(descriptorsOf(file)).containsExactly(sent.fd());
    }
  }

  @Test
  void packetLargerThanTheRoomIsRefused() {
    try (var pair = UnixSocket.pair(SocketType.SEQPACKET)) {
      pair.first().send(new byte[11], soon());
      assertThatThrownBy(() -> pair.second().receive(10, 0, soon()))
          .isInstanceOfSatisfying(
              KernelException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EMSGSIZE));
    }
  }

  @Test
  void closingAMessageClosesWhatNobodyTook() {
    Path file = folder.resolve("file");
    try (var pair = UnixSocket.pair(SocketType.STREAM);
        var sent = new OpenFile(file)) {
      pair.first().send(new byte[1], List.of(sent.fd(), sent.fd()), soon());
      Message message = pair.second().receive(1, 2, soon());
      var taken = new OwnedFd(message.fds().getFirst().take());
      message.close();
      assertThat(descriptorsOf(file)).containsExactlyInAnyOrder(sent.fd(), taken.fd());
      taken.close();
      assertThat(descriptorsOf(file)).containsExactly(sent.fd());
    }
  }

  @Test
  void silentPeerTimesOut() {
    try (var pair = UnixSocket.pair(SocketType.STREAM)) {
      assertThatThrownBy(() -> pair.first().receive(1, 0, almostNow()))
          .isInstanceOfSatisfying(
              KernelException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
    }
  }

  @Test
  void peerThatDoesNotReadTimesOut() {
    try (var pair = UnixSocket.pair(SocketType.STREAM)) {
      assertThatThrownBy(() -> pair.first().send(new byte[8 << 20], almostNow()))
          .isInstanceOfSatisfying(
              KernelException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT));
    }
  }

  @Test
  void largeDataArrivesWholeThroughASlowReader() {
    byte[] large = new byte[3 << 20];
    IntStream.range(0, large.length).forEach(i -> large[i] = (byte) (i * 31));
    try (var pair = UnixSocket.pair(SocketType.STREAM)) {
      var sending = CompletableFuture.runAsync(() -> pair.first().send(large, soon()));
      assertThat(pair.second().receiveFully(large.length, soon())).isEqualTo(large);
      sending.join();
    }
  }

  @Test
  void endOfConnectionIsToldApartFromData() {
    try (var pair = UnixSocket.pair(SocketType.STREAM)) {
      pair.first().send(new byte[3], soon());
      pair.first().close();
      assertThatThrownBy(() -> pair.second().receiveFully(4, soon()))
          .isInstanceOfSatisfying(
              KernelException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ECONNRESET));
      assertThat(pair.second().receive(1, 0, soon()).isEnd()).isTrue();
    }
  }

  @Test
  void anEndIsBelievedWhenItIsToldTwice() {
    var end = new Message(new byte[0], List.of());
    var packet = new Message(new byte[1], List.of());

    assertThat(SocketCalls.sure(List.of(end, packet).iterator()::next)).isSameAs(packet);
    assertThat(SocketCalls.sure(List.of(packet, end).iterator()::next)).isSameAs(packet);
    assertThat(SocketCalls.sure(List.of(end, end).iterator()::next).isEnd()).isTrue();
  }

  /** A matter of nanoseconds: the kernel said the end first about once in ten thousand rounds. */
  @Test
  void packetSentRightBeforeTheCloseIsReceived() {
    var next = new ConcurrentLinkedQueue<UnixSocket>();
    var rounds = 1_000;
    // A thread of its own: it would keep the common pool from the other tests.
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          for (int i = 0; i < rounds; i++) {
            while (next.peek() == null) {
              Thread.yield();
            }
            try (var socket = next.remove()) {
              socket.send(new byte[1], soon());
            }
          }
        });
    for (int i = 0; i < rounds; i++) {
      try (var pair = UnixSocket.pair(SocketType.SEQPACKET)) {
        next.add(pair.second());
        assertThat(receiveWithoutWaiting(pair.first()).bytes()).as("round %d", i).hasSize(1);
      }
    }
  }

  private static Message receiveWithoutWaiting(UnixSocket socket) {
    while (true) {
      try {
        return socket.receive(1, 0, Deadline.after(Duration.ZERO));
      } catch (KernelException e) {
        assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT);
      }
    }
  }

  @Test
  void shutdownWakesAReceiver() {
    try (var pair = UnixSocket.pair(SocketType.STREAM)) {
      var receiving =
          CompletableFuture.supplyAsync(() -> pair.first().receive(1, 0, soon()).isEnd());
      pair.first().shutdown();
      assertThat(receiving.join()).isTrue();
    }
  }

  @Test
  void listenerTellsWhoConnected() {
    Path path = folder.resolve("s");
    try (var listener = UnixListener.listen(path, SocketType.STREAM, OWNER_ONLY, 4);
        var client = UnixSocket.connect(path, SocketType.STREAM, soon());
        var server = listener.accept(soon());
        PeerProcess peer = server.peer()) {
      assertThat(peer.pid()).isEqualTo((int) ProcessHandle.current().pid());
      assertThat(peer.uid()).isEqualTo((int) owner(path));
      assertThat(peer.isCurrent()).isTrue();
      assertThat(client.name()).isEqualTo(path.toString());
    }
  }

  @Test
  void listenerReplacesWhatAnotherLeft() throws IOException {
    Path path = folder.resolve("s");
    UnixListener.listen(path, SocketType.STREAM, OWNER_ONLY, 4).close();
    assertThat(path).exists();
    try (var listener = UnixListener.listen(path, SocketType.STREAM, OWNER_ONLY, 4);
        var client = UnixSocket.connect(path, SocketType.STREAM, soon());
        var server = listener.accept(soon())) {
      server.send(new byte[] {7}, soon());
      assertThat(client.receiveFully(1, soon())).containsExactly(7);
      assertThat(Files.getPosixFilePermissions(path)).isEqualTo(OWNER_ONLY);
    }
    assertThat(folder).isDirectoryNotContaining("glob:**.new");
  }

  @Test
  void closingAListenerWakesAccept() {
    var listener = UnixListener.listen(folder.resolve("s"), SocketType.STREAM, OWNER_ONLY, 4);
    var accepting =
        CompletableFuture.runAsync(() ->
            assertThatThrownBy(() -> listener.accept(soon()))
                .isInstanceOfAny(KernelException.class, IllegalStateException.class));
    listener.close();
    accepting.join();
    assertThat(listener.isClosed()).isTrue();
  }

  @Test
  void connectDoesNotWaitForeverForAFullBacklog() {
    Path path = folder.resolve("s");
    try (var listener = UnixListener.listen(path, SocketType.STREAM, OWNER_ONLY, 0);
        var waiting = UnixSocket.connect(path, SocketType.STREAM, soon())) {
      assertThatThrownBy(() -> UnixSocket.connect(path, SocketType.STREAM, almostNow()))
          .isInstanceOfSatisfying(
              KernelException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN));
      assertThat(waiting.fd()).isPositive();
      assertThat(listener.path()).isEqualTo(path);
    }
  }

  @Test
  void connectingToNothingNamesThePath() {
    Path path = folder.resolve("nobody");
    assertThatThrownBy(() -> UnixSocket.connect(path, SocketType.STREAM, soon()))
        .isInstanceOfSatisfying(
            KernelException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
        .hasMessageContaining(path.toString());
  }

  @Test
  void pathTooLongForASocketIsNamed() {
    Path path = folder.resolve("x".repeat(120));
    assertThatThrownBy(() -> UnixSocket.connect(path, SocketType.STREAM, soon()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 107");
  }

  @Test
  void endedPeerIsNoLongerCurrent() throws Exception {
    Path path = folder.resolve("s");
    try (var listener = UnixListener.listen(path, SocketType.STREAM, OWNER_ONLY, 4)) {
      Process client =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  ConnectingProcess.class.getName(),
                  path.toString())
              .start();
      // A Java machine starts meanwhile, and others may do so beside it.
      try (var server = listener.accept(Deadline.after(Duration.ofMinutes(2)));
          PeerProcess peer = server.peer()) {
        assertThat(peer.pid()).isEqualTo((int) client.pid());
        assertThat(peer.isCurrent()).isTrue();
        client.destroyForcibly().waitFor();
        if (peer.pidfd().isPresent()) {
          assertThat(peer.isCurrent()).isFalse();
        }
      }
    }
  }

  private static long owner(Path path) {
    try {
      return (Integer) Files.getAttribute(path, "unix:uid");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static int openFlags(int fd) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd)).stream()
        .filter(line -> line.startsWith("flags:"))
        .mapToInt(line -> Integer.parseInt(line.substring("flags:".length()).strip(), 8))
        .findFirst()
        .orElseThrow();
  }

  private static Path target(int fd) {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** This process's descriptors of a file. */
  private static List<Integer> descriptorsOf(Path file) {
    try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"))) {
      return fds.filter(fd -> leadsTo(fd, file))
          .map(fd -> Integer.valueOf(fd.getFileName().toString()))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean leadsTo(Path fd, Path file) {
    try {
      return Files.readSymbolicLink(fd).equals(file);
    } catch (IOException e) {
      return false; // closed by another thread since it was listed
    }
  }

  /** Connects to its argument and stays until its standard input ends. */
  static final class ConnectingProcess {
    private ConnectingProcess() {}

    public static void main(String[] args) throws IOException {
      try (var socket = UnixSocket.connect(Path.of(args[0]), SocketType.STREAM, soon())) {
        System.in.transferTo(OutputStream.nullOutputStream());
        socket.shutdown();
      }
    }
  }

  /** A file that Java holds open, and the number of its descriptor. */
  private static final class OpenFile implements AutoCloseable {
    private final RandomAccessFile file;
    private final int fd;

    OpenFile(Path path) {
      try {
        file = new RandomAccessFile(path.toFile(), "rw");
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      fd = descriptorsOf(path).getFirst();
    }

    int fd() {
      return fd;
    }

    @Override
    public void close() {
      try {
        file.close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }
}
