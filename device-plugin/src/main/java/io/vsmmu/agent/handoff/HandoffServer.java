package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.HandoffPoints;
import io.vsmmu.agent.allocation.HandoffSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the hand-offs of all allocations, each in a directory of its own. A directory rather than
 * a socket is mounted into the container, so that an agent that restarts can put a new socket into
 * it; the directories therefore outlive this object.
 */
public final class HandoffServer implements HandoffPoints, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HandoffServer.class);
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][-_.A-Za-z0-9]{0,63}");
  private static final Duration DRAIN = Duration.ofSeconds(5);

  private final HandoffSettings settings;
  private final HandoffSource source;
  private final PeerCheck peers;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("handoff client ", 0).factory());
  private final Map<String, HandoffPoint> points = new HashMap<>();

  /** Serves nothing until {@link #open}. */
  public HandoffServer(HandoffSettings settings, HandoffSource source, PeerCheck peers) {
    this.settings = settings;
    this.source = source;
    this.peers = peers;
  }

  @Override
  public synchronized Path open(HandoffOffer offer) throws IOException {
    Path directory = directory(offer.allocation());
    HandoffPoint present = points.get(offer.allocation());
    if (present != null && present.offer().equals(offer)) {
      return directory;
    }
    Files.createDirectories(settings.folder());
    Files.setPosixFilePermissions(settings.folder(), PosixFilePermissions.fromString("rwx------"));
    Files.createDirectories(directory);
    // The container's user looks the socket up in it.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    try {
      HandoffPoint point =
          HandoffPoint.open(
              offer,
              directory,
              client -> new HandoffSession(client, offer, source, peers, settings),
              threads);
      points.put(offer.allocation(), point);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (RuntimeException e) {
      throw new IOException("cannot serve allocation " + offer.allocation(), e);
    }
    if (present != null) {
      present.stopListening();
    }
    return directory;
  }

  @Override
  public synchronized void close(String allocation) {
    HandoffPoint point = points.remove(allocation);
    if (point == null) {
      return;
    }
    point.stopListening();
    point.abortSessions();
    Path directory = directory(allocation);
    try {
      Files.deleteIfExists(directory.resolve(HandoffPoints.SOCKET));
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      LOG.warn("allocation {}: its directory stays: {}", allocation, e.toString());
    }
  }

  /** Lets the hand-offs that are under way end, within seconds, and stops. */
  @Override
  public void close() {
    Set<HandoffPoint> all;
    synchronized (this) {
      all = Set.copyOf(points.values());
      points.clear();
    }
    all.forEach(HandoffPoint::stopListening);
    threads.shutdown();
    try {
      if (!threads.awaitTermination(DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
        all.forEach(HandoffPoint::abortSessions);
      }
    } catch (InterruptedException e) {
      all.forEach(HandoffPoint::abortSessions);
      Thread.currentThread().interrupt();
    }
  }

  private Path directory(String allocation) {
    if (!FILE_NAME.matcher(allocation).matches()) {
      throw new IllegalArgumentException("not fit for a directory's name: " + allocation);
    }
    return settings.folder().resolve(allocation);
  }
}
