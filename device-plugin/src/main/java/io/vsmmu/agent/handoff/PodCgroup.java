package io.vsmmu.agent.handoff;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the pod in {@code /proc/PID/cgroup} (cgroups(7)), where kubelet's cgroup drivers put its
 * UID: {@code kubepods-burstable-pod1234_….slice} (systemd) or {@code
 * /kubepods/burstable/pod1234-…} (cgroupfs). The UID of a static pod is a bare hash.
 */
final class PodCgroup {
  private static final Pattern COMPONENT =
      Pattern.compile(
          "(?:kubepods(?:-besteffort|-burstable)?-)?pod"
              + "([0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\\.slice)?");

  private PodCgroup() {}

  /** The pod's UID; empty when the process is in no pod, or in different ones by hierarchy. */
  static Optional<String> podUid(String cgroups) {
    Set<String> uids =
        cgroups
            .lines()
            .map(line -> line.substring(line.lastIndexOf(':') + 1))
            .map(PodCgroup::outermost)
            .flatMap(Optional::stream)
            .collect(Collectors.toSet());
    return uids.size() == 1 ? Optional.of(uids.iterator().next()) : Optional.empty();
  }

  /**
   * The pod's own cgroup among those that hold a process.
   *
   * @param path of the process's cgroup, from the root of the hierarchy
   */
  static Optional<String> podFolder(String path) {
    var parts = path.split("/");
    for (int i = 0; i < parts.length; i++) {
      if (COMPONENT.matcher(parts[i]).matches()) {
        return Optional.of(String.join("/", Arrays.asList(parts).subList(0, i + 1)));
      }
    }
    return Optional.empty();
  }

  /** The outermost one is kubelet's; below it a container may have made cgroups of any name. */
  private static Optional<String> outermost(String path) {
    return Stream.of(path.split("/"))
        .map(COMPONENT::matcher)
        .filter(Matcher::matches)
        .map(match -> match.group(1).replace('_', '-'))
        .findFirst();
  }
}
