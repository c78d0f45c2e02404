package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The union of what all VSmmu objects ask for: a permit stays as long as one of them needs it. What
 * was worked out for an object is kept until the object changes.
 */
final class Demands {

  private Map<String, Known> known = Map.of();
  private final Set<String> released = new HashSet<>();

  /**
   * What all of them want together.
   *
   * @param vsmmus all of them; those that were released do not count
   */
  synchronized Wishes union(Stream<VSmmu> vsmmus) {
    Map<String, Known> now = new HashMap<>();
    vsmmus.forEach(vsmmu -> now.put(vsmmu.getMetadata().getUid(), known(vsmmu)));
    known = now;
    released.retainAll(now.keySet());
    return now.entrySet().stream()
        .filter(entry -> !released.contains(entry.getKey()))
        .map(entry -> entry.getValue().wishes())
        .reduce(Wishes.NONE, Wishes::and);
  }

  /** From now on this object does not count, though it is still there for a moment. */
  synchronized void release(VSmmu vsmmu) {
    released.add(vsmmu.getMetadata().getUid());
  }

  private Known known(VSmmu vsmmu) {
    Known before = known.get(vsmmu.getMetadata().getUid());
    String version = vsmmu.getMetadata().getResourceVersion();
    if (before != null && before.resourceVersion().equals(version)) {
      return before;
    }
    VSmmuStatus status = Objects.requireNonNullElse(vsmmu.getStatus(), VSmmuStatus.EMPTY);
    return new Known(
        version,
        new Wishes(
            Demand.managed(vsmmu.getSpec(), status.devices()),
            Demand.guestTopology(vsmmu.getSpec(), status),
            Demand.withoutNesting(vsmmu.getSpec(), status)));
  }

  /**
   * What one object asks for.
   *
   * @param resourceVersion of the object that was asked
   */
  private record Known(String resourceVersion, Wishes wishes) {}
}
