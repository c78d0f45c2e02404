package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.Collector;
import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import java.nio.file.Path;

/** Decides who may collect an allocation. */
public interface PeerCheck {

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
   */
  static PeerCheck pod(DeviceHolders holders, Path proc) {
    return new PodPeerCheck(new OfferHolder(holders), proc);
  }

  /**
   * A weaker rule, for a node without containers: whoever reaches the socket may have the devices,
   * as long as kubelet has assigned them to some container. Only the permissions of the directory
   * protect them then.
   */
  static PeerCheck path(DeviceHolders holders) {
    var offerHolder = new OfferHolder(holders);
    return (peer, offer) -> offerHolder.of(offer);
  }
}
