package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.Collector;
import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import java.nio.file.Path;
import java.time.Duration;

/** Decides who may collect an allocation. */
public interface PeerCheck {

  /** For a kubelet that restarts: less than a client waits for all of the exchange. */
  Duration PATIENCE = Duration.ofSeconds(15);

  /**
   * The container that the peer speaks for.
   *
   * @throws StrangerException when the peer may not have the devices
   */
  Collector check(PeerProcess peer, HandoffOffer offer) throws StrangerException;

  /**
   * The rule: the peer runs in the pod to which kubelet assigned the devices, by its cgroup. Needs
   * {@code hostPID: true}, so that the peer's process is visible.
   *
   * @param proc where the host's processes are seen, {@code /proc}
   * @param patience how long to wait for a kubelet that does not tell, {@link #PATIENCE}
   */
  static PeerCheck pod(DeviceHolders holders, Path proc, Duration patience) {
    return new PodPeerCheck(new OfferHolder(holders, patience), proc);
  }

  /**
   * A weaker rule, for a node without containers: whoever reaches the socket may have the devices,
   * as long as kubelet has assigned them to some container. Only the permissions of the directory
   * protect them then.
   *
   * @param patience how long to wait for a kubelet that does not tell, {@link #PATIENCE}
   */
  static PeerCheck path(DeviceHolders holders, Duration patience) {
    var offerHolder = new OfferHolder(holders, patience);
    return (peer, offer) -> offerHolder.of(offer);
  }
}
