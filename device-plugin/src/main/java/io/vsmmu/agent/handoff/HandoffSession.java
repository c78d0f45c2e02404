package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.AllocationException;
import io.vsmmu.agent.allocation.Collector;
import io.vsmmu.agent.allocation.Handoff;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.HandoffSource;
import io.vsmmu.agent.handoff.HandoffListener.Outcome;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.KernelException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's visit. A client that is refused, or that cannot be served, sees the connection end;
 * why is told to the agent's log only.
 */
final class HandoffSession {
  private static final Logger LOG = LoggerFactory.getLogger(HandoffSession.class);

  private final UnixSocket client;
  private final HandoffOffer offer;
  private final HandoffSource source;
  private final PeerCheck peers;
  private final Dialogue dialogue;
  private final Duration exchange;
  private final HandoffListener listener;

  /**
   * @param exchange how long the exchange may take
   * @param listener told how it ended
   */
  HandoffSession(
      UnixSocket client,
      HandoffOffer offer,
      HandoffSource source,
      PeerCheck peers,
      Dialogue dialogue,
      Duration exchange,
      HandoffListener listener) {
    this.client = client;
    this.offer = offer;
    this.source = source;
    this.peers = peers;
    this.dialogue = dialogue;
    this.exchange = exchange;
    this.listener = listener;
  }

  void run() {
    long start = System.nanoTime();
    Outcome outcome = Outcome.BROKEN_OFF;
    try {
      outcome = serve(offer.allocation());
    } finally {
      listener.ended(dialogue.protocol(), outcome, Duration.ofNanos(System.nanoTime() - start));
    }
  }

  private Outcome serve(String allocation) {
    try (PeerProcess peer = client.peer()) {
      Collector collector = peers.check(peer, offer);
      // The check may have waited for kubelet, and the pid be another's by now.
      if (!peer.isCurrent()) {
        throw new StrangerException(peer + " ended before it could be served");
      }
      dialogue.prepare(peer, allocation);
      try (Handoff handoff = source.take(allocation, collector, dialogue.protocol())) {
        dialogue.exchange(client, handoff, Deadline.after(exchange));
      }
      LOG.info("allocation {}: handed to {} of {}", allocation, peer, collector.container());
      return Outcome.HANDED;
    } catch (StrangerException e) {
      LOG.warn("allocation {}: refused a client: {}", allocation, e.getMessage());
      return Outcome.STRANGER;
    } catch (AllocationException e) {
      LOG.error("allocation {}: nothing to hand over: {}", allocation, e.getMessage());
      return Outcome.UNAVAILABLE;
    } catch (KernelException e) {
      LOG.warn("allocation {}: the hand-off broke off: {}", allocation, e.getMessage());
      return Outcome.BROKEN_OFF;
    } catch (ProtocolException e) {
      LOG.warn("allocation {}: not acknowledged: {}", allocation, e.getMessage());
      return Outcome.NOT_ACKNOWLEDGED;
    }
  }

  /** Wakes {@link #run} from whatever it waits for on the client. */
  void abort() {
    try {
      client.shutdown();
    } catch (IllegalStateException e) {
      LOG.debug("the session had ended: {}", e.getMessage());
    }
  }
}
