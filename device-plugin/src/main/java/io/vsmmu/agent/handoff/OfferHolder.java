package io.vsmmu.agent.handoff;

import static java.util.stream.Collectors.flatMapping;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;

import io.vsmmu.agent.allocation.Collector;
import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.DeviceHolders.Holder;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.PodContainer;
import java.io.IOException;
import java.util.List;

/** Asks kubelet whom an offer is for. */
final class OfferHolder {
  private final DeviceHolders holders;

  OfferHolder(DeviceHolders holders) {
    this.holders = holders;
  }

  /** The container that holds all devices of the offer, with all others that it holds. */
  Collector of(HandoffOffer offer) throws StrangerException {
    List<Holder> listed;
    try {
      listed = holders.list().holders();
    } catch (IOException e) {
      throw new StrangerException("kubelet does not tell whose the devices are: " + e, e);
    }
    PodContainer container =
        listed.stream()
            .filter(holder -> holder.resource().equals(offer.resource()))
            .filter(holder -> holder.deviceIds().containsAll(offer.deviceIds()))
            .map(Holder::container)
            .findFirst()
            .orElseThrow(() ->
                new StrangerException(
                    "kubelet lists no container that holds %s %s"
                        .formatted(offer.resource(), offer.deviceIds())));
    return new Collector(
        container,
        listed.stream()
            .filter(holder -> holder.container().isSameAs(container))
            .collect(
                groupingBy(
                    Holder::resource,
                    flatMapping(holder -> holder.deviceIds().stream(), toSet()))));
  }
}
