package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixListener;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.simulated.OpenFile;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.topology.Sysfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves a machine and its sysfs to clients on the folder's socket, until closed. */
public final class NodeServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeServer.class);
  private static final int BACKLOG = 128;

  /** Descriptors are what protects a device; who may open one is up to the nodes in dev. */
  private static final String ANYONE = "rw-rw-rw-";

  private final SimulatedMachine machine;
  private final Sysfs sysfs;
  private final UnixListener listener;
  private final int owner;
  private final RemoteCaller.Files files = new ClientFiles();
  private final SecureRandom identities = new SecureRandom();
  private final Map<Long, Connection> connections = new ConcurrentHashMap<>();
  // Platform threads: they wait in native calls, which pin the carrier of a virtual thread.
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("simulated-node-", 0).factory());

  private NodeServer(SimulatedMachine machine, Sysfs sysfs, UnixListener listener, int owner) {
    this.machine = machine;
    this.sysfs = sysfs;
    this.listener = listener;
    this.owner = owner;
  }

  /** Begins to listen; clients can connect when this returns. */
  public static NodeServer start(NodeFolder folder, SimulatedMachine machine, Sysfs sysfs)
      throws IOException {
    var listener =
        UnixListener.listen(
            folder.socket(),
            SocketType.SEQPACKET,
            PosixFilePermissions.fromString(ANYONE),
            BACKLOG);
    int owner = (Integer) Files.getAttribute(folder.root(), "unix:uid");
    var server = new NodeServer(machine, sysfs, listener, owner);
    server.threads.execute(server::acceptAll);
    return server;
  }

  private void acceptAll() {
    while (!listener.isClosed()) {
      try {
        var socket = listener.accept(Deadline.never());
        begin(new Connection(socket, identities.nextLong(), machine));
      } catch (KernelException e) {
        if (!listener.isClosed()) {
          LOG.error("a client could not be accepted", e);
        }
      }
    }
  }

  private void begin(Connection connection) {
    connections.put(connection.identity(), connection);
    threads.execute(() -> serve(connection));
  }

  /** Takes requests from a connection until its last copy is closed. */
  private void serve(Connection connection) {
    try {
      while (true) {
        try (var message = connection.socket().receive(1, 1, Deadline.never())) {
          if (message.isEnd()) {
            return;
          }
          if (message.fds().size() != 1) {
            LOG.warn("a client sent a message without a request; its connection is ended");
            return;
          }
          var conversation = Conversation.join(message.fds().getFirst().take());
          connection.retain();
          threads.execute(() -> answer(connection, conversation));
        }
      }
    } catch (KernelException e) {
      LOG.warn("a client's connection is ended: {}", e.getMessage());
    } finally {
      try {
        connection.end();
      } finally {
        connections.remove(connection.identity());
      }
    }
  }

  private void answer(Connection connection, Conversation conversation) {
    try (conversation) {
      Packet reply;
      try {
        if (!(conversation.hear(Deadline.never()) instanceof Packet.Request request)) {
          LOG.warn("a client began with something else than a request");
          return;
        }
        reply = answer(connection, conversation, request);
      } finally {
        // Before the answer: whoever has it may close the file, and counts on that.
        connection.release();
      }
      conversation.say(reply);
    } catch (KernelException e) {
      LOG.debug("a client left before it got its answer: {}", e.getMessage());
    } catch (IllegalArgumentException e) {
      LOG.warn("a client sent what is no packet", e);
    }
  }

  private Packet answer(Connection connection, Conversation conversation, Packet.Request request) {
    try {
      // Who asks for an identity does so in the middle of a request that may hold the machine.
      if (!(request instanceof Packet.Identify)) {
        finishCloses();
      }
      switch (request) {
        case Packet.Open open -> connection.open(Path.of(open.device()));
        case Packet.Ioctl ioctl ->
            machine.ioctl(
                connection.file(),
                ioctl.request(),
                ioctl.argument(),
                new RemoteCaller(conversation, owner, files));
        case Packet.Identify identify -> {
          return new Packet.Identity(connection.identity());
        }
        case Packet.Read read -> {
          return new Packet.Bytes(
              machine.read(connection.file(), Math.min(read.length(), Packet.MAX_MEMORY)));
        }
        case Packet.Write write -> {
          return new Packet.Count(machine.write(connection.file(), write.bytes()));
        }
        case Packet.Await await -> {
          boolean readable =
              machine.awaitReadable(connection.file(), Duration.ofNanos(await.nanos()));
          return new Packet.Count(readable ? 1 : 0);
        }
        case Packet.WriteAttribute write -> sysfs.write(write.attribute(), write.value());
      }
      return new Packet.Done();
    } catch (KernelException e) {
      return new Packet.Failed(e.errno().number(), String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return new Packet.Failed(Errno.EIO.number(), String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      LOG.error("{} failed in the simulated node itself", request, e);
      return new Packet.Failed(Errno.EIO.number(), "the simulated node failed; see its log");
    }
  }

  /** For a kernel's client a close is over when it returns; here the news of it takes a moment. */
  private void finishCloses() {
    connections.values().stream().filter(Connection::isLeft).forEach(Connection::awaitEnd);
  }

  private final class ClientFiles implements RemoteCaller.Files {
    @Override
    public @Nullable OpenFile file(long identity) {
      var connection = connections.get(identity);
      return connection == null ? null : connection.fileIfOpen();
    }

    @Override
    public UnixSocket connect(OpenFile file) {
      UnixSocket.Pair pair;
      try {
        pair = UnixSocket.pair(SocketType.SEQPACKET);
      } catch (KernelException e) {
        machine.release(file);
        throw e;
      }
      begin(new Connection(pair.first(), identities.nextLong(), machine, file));
      return pair.second();
    }
  }

  /** Stops listening and ends all connections. */
  @Override
  public void close() {
    listener.close();
    connections.values().forEach(Connection::shutdown);
    threads.shutdown();
  }
}
