package io.vsmmu.agent.allocation;

import io.vsmmu.iommufd.topology.PciAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the ledger keeps of an allocation: enough to serve it again after a restart.
 *
 * @param id of the allocation, also the entry's key
 * @param deviceIds what kubelet asked for
 * @param functions all functions behind these ids, in order
 * @param terms how they were prepared
 * @param owners numeric user that each function's character device belonged to before
 * @param listed whether PodResources has listed it
 * @param handedOff whether a container has collected it
 */
record LedgerEntry(
    String id,
    String resource,
    Set<String> deviceIds,
    List<String> functions,
    Terms terms,
    Map<String, Integer> owners,
    boolean listed,
    boolean handedOff,
    @Nullable PodContainer container,
    @Nullable HandoffManifest manifest) {

  LedgerEntry {
    deviceIds = new TreeSet<>(deviceIds);
    functions = List.copyOf(functions);
    owners = new TreeMap<>(owners);
  }

  List<PciAddress> addresses() {
    return functions.stream().map(PciAddress::parse).toList();
  }

  HandoffOffer offer() {
    return new HandoffOffer(id, resource, deviceIds);
  }

  LedgerEntry seenWith(PodContainer holder) {
    // Only the hand-off knows the pod's UID; PodResources must not overwrite it.
    var known = container == null ? holder : container;
    return new LedgerEntry(
        id, resource, deviceIds, functions, terms, owners, true, handedOff, known, manifest);
  }

  LedgerEntry prepared(HandoffManifest fresh) {
    return new LedgerEntry(
        id, resource, deviceIds, functions, terms, owners, listed, handedOff, container, fresh);
  }

  /** The objects are gone, and no container has them. */
  LedgerEntry unprepared() {
    return new LedgerEntry(
        id, resource, deviceIds, functions, terms, owners, listed, handedOff, container, null);
  }

  LedgerEntry handedOff(@Nullable PodContainer peer, HandoffManifest handed) {
    return new LedgerEntry(
        id,
        resource,
        deviceIds,
        functions,
        terms,
        owners,
        listed,
        true,
        peer == null ? container : peer,
        handed);
  }
}
