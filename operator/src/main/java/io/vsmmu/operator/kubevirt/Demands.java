package io.vsmmu.operator.kubevirt;

import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The union of what all VSmmu objects ask for: a permit stays as long as one of them needs it. What
 * was worked out is kept until an object changes: every object's reconciliation asks for it, and
 * most find all as it was.
 */
final class Demands {

  private final Set<String> released = new HashSet<>();
  private Map<String, Known> known = Map.of();
  private @Nullable Wishes union = Wishes.NONE;

  /**
   * What all of them want together.
   *
   * @param vsmmus all of them; those that were released do not count
   */
  synchronized Wishes union(Stream<VSmmu> vsmmus) {
    List<VSmmu> all = vsmmus.toList();
    Wishes before = union;
    if (before != null && all.size() == known.size() && all.stream().allMatch(this::isKnown)) {
      return before;
    }
    known =
        all.stream().collect(Collectors.toMap(Demands::uid, this::known, (one, again) -> again));
    released.retainAll(known.keySet());
    Wishes now =
        known.entrySet().stream()
            .filter(entry -> !released.contains(entry.getKey()))
            .map(entry -> entry.getValue().wishes())
            .reduce(Wishes.NONE, Wishes::and);
    union = now;
    return now;
  }

  /** From now on this object does not count, though it is still there for a moment. */
  synchronized void release(VSmmu vsmmu) {
    released.add(uid(vsmmu));
    union = null;
  }

  private boolean isKnown(VSmmu vsmmu) {
    Known before = known.get(uid(vsmmu));
    return before != null && before.isOf(vsmmu);
  }

  private Known known(VSmmu vsmmu) {
    Known before = known.get(uid(vsmmu));
    if (before != null && before.isOf(vsmmu)) {
      return before;
    }
    VSmmuStatus status = Objects.requireNonNullElse(vsmmu.getStatus(), VSmmuStatus.EMPTY);
    return new Known(
        vsmmu.getMetadata().getResourceVersion(),
        new Wishes(
            Demand.managed(vsmmu.getSpec(), status.devices()),
            Demand.guestTopology(vsmmu.getSpec(), status),
            Demand.withoutNesting(vsmmu.getSpec(), status)));
  }

  private static String uid(VSmmu vsmmu) {
    return vsmmu.getMetadata().getUid();
  }

  /**
   * What one object asks for.
   *
   * @param resourceVersion of the object that was asked
   */
  private record Known(String resourceVersion, Wishes wishes) {

    boolean isOf(VSmmu vsmmu) {
      return resourceVersion.equals(vsmmu.getMetadata().getResourceVersion());
    }
  }
}
