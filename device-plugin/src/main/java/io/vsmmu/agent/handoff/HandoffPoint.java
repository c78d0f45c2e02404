package io.vsmmu.agent.handoff;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixListener;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening socket of one allocation. It admits a few clients at a time, so that one pod cannot
 * take the agent's threads and descriptors from the others.
 */
final class HandoffPoint {
  private static final Logger LOG = LoggerFactory.getLogger(HandoffPoint.class);
  private static final int BACKLOG = 8;
  private static final int MOST_CLIENTS = 4;
  private static final long PAUSE_MILLIS = 100;

  private final String allocation;
  private final UnixListener listener;
  private final Reception reception;
  private final ExecutorService threads;
  private final Set<HandoffSession> running = ConcurrentHashMap.newKeySet();

  /** Whether it is in the log that clients are sent away; of the accepting thread only. */
  private boolean crowded;

  /**
   * What becomes of clients.
   *
   * @param sessions serves one
   * @param sentAway told of one too many
   */
  record Reception(Function<UnixSocket, HandoffSession> sessions, Runnable sentAway) {}

  private HandoffPoint(
      String allocation, UnixListener listener, Reception reception, ExecutorService threads) {
    this.allocation = allocation;
    this.listener = listener;
    this.reception = reception;
    this.threads = threads;
  }

  /**
   * Listens at a path.
   *
   * @param threads where clients are served, a thread each
   */
  static HandoffPoint open(
      String allocation, Path socket, Reception reception, ExecutorService threads) {
    // Any user may connect: who may be served is not decided by file permissions.
    UnixListener listener =
        UnixListener.listen(
            socket, SocketType.STREAM, PosixFilePermissions.fromString("rw-rw-rw-"), BACKLOG);
    var point = new HandoffPoint(allocation, listener, reception, threads);
    Thread.ofPlatform().daemon().name("handoff " + allocation).start(point::acceptAll);
    return point;
  }

  private void acceptAll() {
    while (!listener.isClosed()) {
      try {
        admit(listener.accept(Deadline.never()));
      } catch (KernelException | IllegalStateException e) {
        if (!listener.isClosed()) {
          LOG.warn("allocation {}: {}", allocation, e.getMessage());
          pauseWithoutDescriptors(e);
        }
      }
    }
  }

  private void admit(UnixSocket client) {
    if (running.size() >= MOST_CLIENTS) {
      if (!crowded) {
        crowded = true;
        LOG.warn("allocation {}: too many clients at once, some are sent away", allocation);
      }
      reception.sentAway().run();
      client.close();
      return;
    }
    crowded = false;
    HandoffSession session = reception.sessions().apply(client);
    running.add(session);
    try {
      threads.execute(() -> serve(client, session));
    } catch (RejectedExecutionException e) {
      running.remove(session);
      client.close();
    }
  }

  private void serve(UnixSocket client, HandoffSession session) {
    try (client) {
      session.run();
    } catch (RuntimeException e) {
      LOG.error("allocation {}: serving a client failed", allocation, e);
    } finally {
      running.remove(session);
    }
  }

  /**
   * With no descriptor left the connection goes on waiting, and accept would fail at once again.
   */
  private static void pauseWithoutDescriptors(RuntimeException failure) {
    if (failure instanceof KernelException kernel
        && (kernel.errno() == Errno.EMFILE || kernel.errno() == Errno.ENFILE)) {
      try {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Admits nobody any more. Clients that are being served go on. */
  void stopListening() {
    listener.close();
  }

  /** Ends the connections that are left. */
  void abortSessions() {
    running.forEach(HandoffSession::abort);
  }
}
