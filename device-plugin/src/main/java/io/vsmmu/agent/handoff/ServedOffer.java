package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.HandoffOffer;
import java.util.List;

/**
 * An offer with its listening sockets.
 *
 * @param openedNanos {@link System#nanoTime} when they were opened
 */
record ServedOffer(HandoffOffer offer, List<HandoffPoint> points, long openedNanos) {

  void stopListening() {
    points.forEach(HandoffPoint::stopListening);
  }

  void abortSessions() {
    points.forEach(HandoffPoint::abortSessions);
  }
}
