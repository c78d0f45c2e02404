package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.AllocationException;
import io.vsmmu.agent.allocation.Handoff;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.HandoffSource;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.ByteArrayOutputStream;
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
  private final HandoffSettings settings;

  HandoffSession(
      UnixSocket client,
      HandoffOffer offer,
      HandoffSource source,
      PeerCheck peers,
      HandoffSettings settings) {
    this.client = client;
    this.offer = offer;
    this.source = source;
    this.peers = peers;
    this.settings = settings;
  }

  void run() {
    String allocation = offer.allocation();
    try (PeerProcess peer = client.peer()) {
      PodContainer container = peers.check(peer, offer);
      allowPinning(peer);
      try (Handoff handoff = source.take(allocation, container)) {
        exchange(handoff);
      }
      LOG.info("allocation {}: handed to {} of {}", allocation, peer, container);
    } catch (StrangerException e) {
      LOG.warn("allocation {}: refused a client: {}", allocation, e.getMessage());
    } catch (AllocationException e) {
      LOG.error("allocation {}: nothing to hand over: {}", allocation, e.getMessage());
    } catch (KernelException e) {
      LOG.warn("allocation {}: the hand-off broke off: {}", allocation, e.getMessage());
    } catch (ProtocolException e) {
      LOG.warn("allocation {}: not acknowledged: {}", allocation, e.getMessage());
    }
  }

  private void exchange(Handoff handoff) throws ProtocolException {
    Deadline deadline = Deadline.after(settings.exchange());
    client.send(ManifestCodec.frame(handoff.manifest()), handoff.descriptors(), deadline);
    byte[] answer = readLine(deadline);
    if (!ManifestCodec.isAck(answer)) {
      throw new ProtocolException(
          answer.length == 0
              ? "the client closed the connection"
              : "the client answered " + answer.length + " bytes that are no acknowledgement");
    }
    handoff.acknowledged();
  }

  /** What the client says up to a newline, or to the end of the connection. */
  private byte[] readLine(Deadline deadline) {
    var line = new ByteArrayOutputStream();
    while (line.size() < ManifestCodec.LONGEST_ACK) {
      byte[] part = client.receive(ManifestCodec.LONGEST_ACK - line.size(), 0, deadline).bytes();
      line.writeBytes(part);
      if (part.length == 0 || part[part.length - 1] == '\n') {
        break;
      }
    }
    return line.toByteArray();
  }

  /** Without it the client gets its context all the same; small guests fit the default limit. */
  private void allowPinning(PeerProcess peer) {
    try {
      settings.memlock().raise(peer);
    } catch (KernelException e) {
      LOG.warn(
          "allocation {}: {}: mapping the guest's memory may fail with ENOMEM; the agent needs"
              + " CAP_SYS_RESOURCE",
          offer.allocation(),
          e.getMessage());
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

  private static final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    ProtocolException(String message) {
      super(message);
    }
  }
}
