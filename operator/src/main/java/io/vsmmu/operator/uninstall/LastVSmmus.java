package io.vsmmu.operator.uninstall;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.cache.PrunedStore;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The VSmmu objects that are left, and why; tells when that changes. */
final class LastVSmmus implements ResourceEventHandler<VSmmu>, AutoCloseable {

  private final PrintStream out;
  private final SortedMap<String, String> reasons = new TreeMap<>();
  private final SharedIndexInformer<VSmmu> informer;

  /** Knows of all that there are when it returns. */
  LastVSmmus(KubernetesClient client, PrintStream out) {
    this.out = out;
    this.informer =
        client
            .resources(VSmmu.class)
            .withLimit(PrunedStore.PAGE)
            .runnableInformer(0)
            .itemStore(
                new ReducedStateItemStore<>(
                    ReducedStateItemStore.NAME_KEY_STATE,
                    VSmmu.class,
                    client.getKubernetesSerialization()))
            .addEventHandler(this);
    informer.run();
  }

  /** Whether none is left within the time. */
  synchronized boolean awaitNone(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    // Its own store is empty at once; this one when the events were handled.
    while (!reasons.isEmpty() || !informer.getStore().list().isEmpty()) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
    return true;
  }

  /** A line for each that is left. */
  synchronized List<String> reasons() {
    return reasons.entrySet().stream()
        .map(entry -> "  %s: %s".formatted(entry.getKey(), entry.getValue()))
        .toList();
  }

  @Override
  public void onAdd(VSmmu vsmmu) {
    see(vsmmu);
  }

  @Override
  public void onUpdate(VSmmu before, VSmmu now) {
    see(now);
  }

  @Override
  public synchronized void onDelete(VSmmu vsmmu, boolean stateUnknown) {
    String name = vsmmu.getMetadata().getName();
    reasons.remove(name);
    out.println("VSmmu " + name + " is gone");
    notifyAll();
  }

  private synchronized void see(VSmmu vsmmu) {
    String name = vsmmu.getMetadata().getName();
    String reason = reasonOf(vsmmu);
    String before = reasons.put(name, reason);
    if (vsmmu.isMarkedForDeletion() && !reason.equals(before)) {
      out.println("VSmmu " + name + ": " + reason);
    }
  }

  private static String reasonOf(VSmmu vsmmu) {
    VSmmuStatus status = Objects.requireNonNullElse(vsmmu.getStatus(), VSmmuStatus.EMPTY);
    return ConditionType.Ready.in(status.conditions())
        .map(ready -> "%s: %s".formatted(ready.getReason(), ready.getMessage()))
        .orElse("the operator has not said anything of it");
  }

  @Override
  public void close() {
    informer.close();
  }
}
