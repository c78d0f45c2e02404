package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.Collector;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The peer's cgroup must be of the pod whose devices these are. */
final class PodPeerCheck implements PeerCheck {
  private final OfferHolder holder;
  private final Path proc;

  PodPeerCheck(OfferHolder holder, Path proc) {
    this.holder = holder;
    this.proc = proc;
  }

  @Override
  public Collector check(PeerProcess peer, HandoffOffer offer) throws StrangerException {
    String uid = podOf(peer);
    Collector collector = holder.of(offer);
    PodContainer container = collector.container();
    if (container.uid() == null) {
      throw new StrangerException(
          "the UID of pod %s/%s is not known: kubelet's checkpoint does not tell it"
              .formatted(container.namespace(), container.pod()));
    }
    if (!container.uid().equals(uid)) {
      throw new StrangerException(
          "%s is in pod %s; the devices belong to pod %s/%s (%s)"
              .formatted(peer, uid, container.namespace(), container.pod(), container.uid()));
    }
    return collector;
  }

  private String podOf(PeerProcess peer) throws StrangerException {
    if (peer.pid() == 0) {
      throw new StrangerException(
          "the peer's process is not visible from here: the agent's pod needs hostPID: true");
    }
    String cgroups;
    try {
      cgroups = Files.readString(proc.resolve(peer.pid() + "/cgroup"));
    } catch (IOException e) {
      throw new StrangerException("cannot read the cgroup of " + peer + ": " + e, e);
    }
    if (!peer.isCurrent()) {
      throw new StrangerException(peer + " ended before it could be checked");
    }
    return PodCgroup.podUid(cgroups)
        .orElseThrow(() -> new StrangerException(peer + " is in no pod's cgroup"));
  }
}
