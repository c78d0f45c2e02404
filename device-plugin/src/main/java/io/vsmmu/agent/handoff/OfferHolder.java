package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.PodContainer;
import java.io.IOException;

/** Asks kubelet whom an offer is for. */
final class OfferHolder {
  private final DeviceHolders holders;

  OfferHolder(DeviceHolders holders) {
    this.holders = holders;
  }

  /** The container that holds all devices of the offer. */
  PodContainer of(HandoffOffer offer) throws StrangerException {
    try {
      return holders.list().stream()
          .filter(holder -> holder.resource().equals(offer.resource()))
          .filter(holder -> holder.deviceIds().containsAll(offer.deviceIds()))
          .map(DeviceHolders.Holder::container)
          .findFirst()
          .orElseThrow(() ->
              new StrangerException(
                  "kubelet lists no container that holds %s %s"
                      .formatted(offer.resource(), offer.deviceIds())));
    } catch (IOException e) {
      throw new StrangerException("kubelet does not tell whose the devices are: " + e, e);
    }
  }
}
