package io.vsmmu.agent.receive;

import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.handoff.ManifestCodec;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.Message;
import io.vsmmu.iommufd.fdpass.OwnedFd;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Collects a context from the agent. */
public final class HandoffClient {
  /** An agent that restarts has no socket for a moment, or one that nobody listens on. */
  private static final Set<Errno> AGENT_AWAY = Set.of(Errno.ENOENT, Errno.ECONNREFUSED);

  /** It ended in the middle, or took this client for gone; nothing was handed over then. */
  private static final Set<Errno> AGENT_LEFT = Set.of(Errno.EPIPE, Errno.ECONNRESET);

  private static final long PAUSE_MILLIS = 200;

  private HandoffClient() {}

  /**
   * Connects, waiting for an agent that is away, takes everything and acknowledges it; anew when
   * the agent leaves in the middle.
   *
   * @param socket {@code handoff.sock} in the directory that the container was given
   * @param limit for all of it
   * @throws IOException when the agent refuses or breaks the protocol, or the path is too long for
   *     a socket; nothing is open then
   * @throws KernelException when the socket cannot be reached in time
   */
  public static ReceivedContext receive(Path socket, Duration limit)
      throws IOException, InterruptedException {
    Deadline deadline = Deadline.after(limit);
    boolean refused = false;
    while (true) {
      try {
        return receive(socket, deadline);
      } catch (RefusedException e) {
        // An agent that ends before its first byte looks the same; asked again, it is away.
        if (refused || deadline.hasPassed()) {
          throw e;
        }
        refused = true;
      } catch (KernelException e) {
        if (!AGENT_LEFT.contains(e.errno()) || deadline.hasPassed()) {
          throw e;
        }
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
  }

  private static ReceivedContext receive(Path socket, Deadline deadline)
      throws IOException, InterruptedException {
    try (UnixSocket agent = connect(socket, deadline);
        Message first = agent.receive(ManifestCodec.LENGTH_BYTES, UnixSocket.MAX_FDS, deadline)) {
      if (first.isEnd()) {
        throw new RefusedException(
            "the agent refused: it serves only the container that kubelet gave the devices to,"
                + " and one client at a time; its log on the node says why");
      }
      HandoffManifest manifest = manifest(agent, first.bytes(), deadline);
      if (manifest.fds().size() != first.fds().size()) {
        throw new IOException(
            "the manifest names %d descriptors, and %d came"
                .formatted(manifest.fds().size(), first.fds().size()));
      }
      agent.send(ManifestCodec.ack(), deadline);
      // From here on the descriptors are the caller's; closing the message spares taken ones only.
      return ReceivedContext.of(
          manifest, first.fds().stream().map(fd -> new OwnedFd(fd.take())).toList());
    }
  }

  private static HandoffManifest manifest(UnixSocket agent, byte[] begun, Deadline deadline)
      throws IOException {
    byte[] prefix = Arrays.copyOf(begun, ManifestCodec.LENGTH_BYTES);
    byte[] rest = agent.receiveFully(ManifestCodec.LENGTH_BYTES - begun.length, deadline);
    System.arraycopy(rest, 0, prefix, begun.length, rest.length);
    return ManifestCodec.manifest(agent.receiveFully(ManifestCodec.length(prefix), deadline));
  }

  private static UnixSocket connect(Path socket, Deadline deadline)
      throws IOException, InterruptedException {
    while (true) {
      try {
        return UnixSocket.connect(socket, SocketType.STREAM, deadline);
      } catch (KernelException e) {
        if (!AGENT_AWAY.contains(e.errno()) || deadline.hasPassed()) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (IllegalArgumentException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }

  private static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }
}
