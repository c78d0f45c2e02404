package io.vsmmu.agent.kubelet;

import java.time.Duration;

/**
 * How long kubelet is waited for, and made to wait.
 *
 * @param register for the whole Register call, within which kubelet dials back (10 s of its own)
 * @param stream from a successful Register until ListAndWatch must be open
 * @param allocate for one Allocate; kubelet has no limit of its own and admits no other pod
 *     meanwhile
 * @param list for one PodResources call
 * @param coalesce how long changes of devices are collected before they are sent
 * @param retry longest pause between two attempts to register
 */
public record KubeletTimings(
    Duration register,
    Duration stream,
    Duration allocate,
    Duration list,
    Duration coalesce,
    Duration retry) {

  public static final KubeletTimings DEFAULT =
      new KubeletTimings(
          Duration.ofSeconds(15),
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(5),
          Duration.ofMillis(100),
          Duration.ofSeconds(5));

  public KubeletTimings withStream(Duration limit) {
    return new KubeletTimings(register, limit, allocate, list, coalesce, retry);
  }

  public KubeletTimings withAllocate(Duration limit) {
    return new KubeletTimings(register, stream, limit, list, coalesce, retry);
  }
}
