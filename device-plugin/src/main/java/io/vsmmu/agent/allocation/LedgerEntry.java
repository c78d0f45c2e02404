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
 * @param bootId the boot in which it was made: what kubelet was answered names device nodes, which
 *     mean something else after the next
 * @param deviceIds what kubelet asked for
 * @param functions all functions behind these ids, in order
 * @param terms how they were prepared
 * @param owners numeric user that each function's character device belonged to before
 * @param progress how far it has come
 */
record LedgerEntry(
    String id,
    String bootId,
    String resource,
    Set<String> deviceIds,
    List<String> functions,
    Terms terms,
    Map<String, Integer> owners,
    Progress progress) {

  LedgerEntry {
    deviceIds = new TreeSet<>(deviceIds);
    functions = List.copyOf(functions);
    owners = new TreeMap<>(owners);
  }

  /**
   * What happened to an allocation since it was made.
   *
   * @param listed whether PodResources has listed it
   * @param handedOff whether a container has collected it, or may have
   * @param container whose it is, once that is known
   * @param collectedWith the allocation of the same container whose context has these devices, when
   *     it is another one
   * @param manifest of the context; absent without one, and when it is that of {@code
   *     collectedWith}
   */
  record Progress(
      boolean listed,
      boolean handedOff,
      @Nullable PodContainer container,
      @Nullable String collectedWith,
      @Nullable HandoffManifest manifest) {

    /** Nobody has asked for it. */
    static Progress prepared(HandoffManifest manifest) {
      return new Progress(false, false, null, null, manifest);
    }

    Progress seenWith(PodContainer holder) {
      // Only the hand-off knows the pod's UID for sure; PodResources must not overwrite it.
      return new Progress(
          true, handedOff, container == null ? holder : container, collectedWith, manifest);
    }

    /** The objects are gone, and no container has them. */
    Progress unprepared() {
      return new Progress(listed, handedOff, container, null, null);
    }
  }

  List<PciAddress> addresses() {
    return functions.stream().map(PciAddress::parse).toList();
  }

  HandoffOffer offer() {
    return new HandoffOffer(id, resource, deviceIds, terms.kubevirtSocket());
  }

  LedgerEntry with(Progress next) {
    return new LedgerEntry(id, bootId, resource, deviceIds, functions, terms, owners, next);
  }

  /** On its way to a container, in the context that was asked for as {@code asked}. */
  LedgerEntry handing(PodContainer to, String asked, HandoffManifest manifest) {
    return with(
        asked.equals(id)
            ? new Progress(progress.listed(), true, to, null, manifest)
            : new Progress(progress.listed(), true, to, asked, null));
  }
}
