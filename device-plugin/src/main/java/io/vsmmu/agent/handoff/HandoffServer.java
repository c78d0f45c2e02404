package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.HandoffPoints;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.agent.allocation.HandoffSource;
import io.vsmmu.agent.handoff.HandoffListener.Outcome;
import io.vsmmu.agent.handoff.HandoffPoint.Reception;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the hand-offs of all allocations, each in a directory of its own. A directory rather than
 * a socket is mounted into the container, so that an agent that restarts can put a new socket into
 * it; the directories therefore outlive this object. KubeVirt's socket is mounted as a file, by
 * KubeVirt's own rules: what was mounted is dead once the agent that listened on it has ended.
 */
public final class HandoffServer implements HandoffPoints, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HandoffServer.class);
  private static final long ABORT_AFTER_SECONDS = 5;

  private final HandoffSettings settings;
  private final HandoffFolder folder;
  private final HandoffSource source;
  private final PeerCheck peers;
  private final HandoffListener listener;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          Thread.ofPlatform().daemon().name("handoff client ", 0).factory());
  private final Map<String, ServedOffer> offers = new HashMap<>();

  /** Serves nothing until {@link #open}. */
  public HandoffServer(
      HandoffSettings settings, HandoffSource source, PeerCheck peers, HandoffListener listener) {
    this.settings = settings;
    this.folder = new HandoffFolder(settings.folder());
    this.source = source;
    this.peers = peers;
    this.listener = listener;
  }

  @Override
  public synchronized Path open(HandoffOffer offer) throws IOException {
    Path directory = folder.directory(offer.allocation());
    ServedOffer present = offers.get(offer.allocation());
    if (present != null && present.offer().equals(offer)) {
      // Asked for again, it may be for another pod, whose virt-launcher has all of its time.
      offers.put(offer.allocation(), new ServedOffer(offer, present.points(), System.nanoTime()));
      return directory;
    }
    // One that was there may be mounted into a container, which would not see another.
    boolean fresh = !Files.exists(directory);
    folder.make(offer.allocation());
    List<HandoffPoint> points = new ArrayList<>();
    try {
      for (Dialogue dialogue : dialogues(offer)) {
        points.add(
            HandoffPoint.open(
                offer.allocation(),
                directory.resolve(dialogue.socket()),
                new Reception(
                    client -> session(client, offer, dialogue),
                    () -> listener.ended(dialogue.protocol(), Outcome.SENT_AWAY, Duration.ZERO)),
                threads));
      }
    } catch (RuntimeException e) {
      points.forEach(HandoffPoint::stopListening);
      if (fresh) {
        folder.remove(offer.allocation());
      }
      throw e instanceof UncheckedIOException io
          ? io.getCause()
          : new IOException(
              "cannot serve allocation %s: %s".formatted(offer.allocation(), e.getMessage()), e);
    }
    offers.put(offer.allocation(), new ServedOffer(offer, points, System.nanoTime()));
    if (present != null) {
      present.stopListening();
    }
    return directory;
  }

  private List<Dialogue> dialogues(HandoffOffer offer) {
    Dialogue full = new FullDialogue(settings.memlock());
    return offer.kubevirtSocket() ? List.of(full, new KubeVirtDialogue()) : List.of(full);
  }

  private HandoffSession session(UnixSocket client, HandoffOffer offer, Dialogue dialogue) {
    return new HandoffSession(
        client, offer, source, peers, dialogue, settings.exchange(), this::ended);
  }

  private void ended(HandoffProtocol protocol, Outcome outcome, Duration took) {
    listener.ended(protocol, outcome, took);
    synchronized (this) {
      notifyAll();
    }
  }

  @Override
  public synchronized void close(String allocation) {
    ServedOffer served = offers.remove(allocation);
    if (served == null) {
      return;
    }
    served.stopListening();
    served.abortSessions();
    folder.remove(allocation);
    notifyAll();
  }

  @Override
  public synchronized void removeAllBut(Set<String> allocations) {
    folder.removeAllBut(allocations);
  }

  /**
   * Waits for virt-launchers that are about to connect, lets the hand-offs that are under way end,
   * and stops.
   */
  @Override
  public void close() {
    List<ServedOffer> all;
    synchronized (this) {
      awaitKubeVirt();
      all = List.copyOf(offers.values());
      offers.clear();
    }
    all.forEach(ServedOffer::stopListening);
    threads.shutdown();
    try {
      if (!threads.awaitTermination(ABORT_AFTER_SECONDS, TimeUnit.SECONDS)) {
        all.forEach(ServedOffer::abortSessions);
      }
    } catch (InterruptedException e) {
      all.forEach(ServedOffer::abortSessions);
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void awaitKubeVirt() {
    try {
      long left = kubeVirtNanos();
      if (left > 0) {
        LOG.info(
            "waiting up to {} s for virtual machines that are about to collect their context",
            TimeUnit.NANOSECONDS.toSeconds(left) + 1);
      }
      while (left > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
        left = kubeVirtNanos();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How long a KubeVirt socket that nobody has used yet is worth waiting for. */
  private synchronized long kubeVirtNanos() {
    long now = System.nanoTime();
    return offers.values().stream()
        .filter(served -> served.offer().kubevirtSocket())
        .filter(served -> source.isAwaited(served.offer().allocation()))
        .mapToLong(served -> settings.drain().toNanos() - (now - served.openedNanos()))
        .max()
        .orElse(0);
  }
}
