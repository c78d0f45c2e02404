package io.vsmmu.agent.handoff;

import static java.util.stream.Collectors.flatMapping;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;

import io.vsmmu.agent.allocation.Collector;
import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.DeviceHolders.Holder;
import io.vsmmu.agent.allocation.HandoffOffer;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.flow.Patience;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Asks kubelet whom an offer is for. */
final class OfferHolder {
  private final DeviceHolders holders;
  private final Duration patience;

  /**
   * @param patience how long to wait for a kubelet that does not answer, or does not know its pods:
   *     it may be restarting, and virt-launcher connects once
   */
  OfferHolder(DeviceHolders holders, Duration patience) {
    this.holders = holders;
    this.patience = patience;
  }

  /** The container that holds all devices of the offer, with all others that it holds. */
  Collector of(HandoffOffer offer) throws StrangerException {
    var waits = new Patience(patience);
    try {
      while (true) {
        var answer = ask(offer);
        if (answer.collector().isPresent()) {
          return answer.collector().get();
        }
        if (answer.lasting() || !waits.again()) {
          throw answer.otherwise();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StrangerException("the agent is stopping", e);
    }
  }

  /**
   * What kubelet said.
   *
   * @param otherwise why there is no collector
   * @param lasting whether it will say the same in a moment
   */
  private record Answer(
      Optional<Collector> collector, StrangerException otherwise, boolean lasting) {}

  private Answer ask(HandoffOffer offer) {
    try {
      var listing = holders.list();
      return new Answer(
          collector(offer, listing.holders()),
          new StrangerException(
              "kubelet lists no container that holds %s %s"
                  .formatted(offer.resource(), offer.deviceIds())),
          listing.complete());
    } catch (IOException e) {
      return new Answer(
          Optional.empty(),
          new StrangerException("kubelet does not tell whose the devices are: " + e, e),
          false);
    }
  }

  private static Optional<Collector> collector(HandoffOffer offer, List<Holder> listed) {
    return listed.stream()
        .filter(holder -> holder.resource().equals(offer.resource()))
        .filter(holder -> holder.deviceIds().containsAll(offer.deviceIds()))
        .map(Holder::container)
        .findFirst()
        .map(container -> collector(container, listed));
  }

  private static Collector collector(PodContainer container, List<Holder> listed) {
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
