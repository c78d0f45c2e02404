package io.vsmmu.operator.kubevirt;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import io.javaoperatorsdk.operator.OperatorException;
import io.vsmmu.operator.cache.PrunedStore;
import io.vsmmu.operator.watch.Changes;
import io.vsmmu.operator.watch.Denials;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What runs while KubeVirt's API is there: caches of the KubeVirt object and of the pods of virtual
 * machines.
 *
 * @param kubevirts KubeVirt objects
 * @param launchers pods, reduced to what names their virtual machine and node, and its annotations
 * @param known completes when both have their first list, or we learn that we may not have it
 * @param denial what the API server said when it refused KubeVirt objects; empty unless it did
 */
record KubeVirtInformers(
    SharedIndexInformer<GenericKubernetesResource> kubevirts,
    SharedIndexInformer<Pod> launchers,
    CompletableFuture<Void> known,
    AtomicReference<String> denial) {

  private static final Logger log = LoggerFactory.getLogger(KubeVirtInformers.class);

  private static final long SYNC_SECONDS = 60;

  /**
   * Begins to watch.
   *
   * @param onChange called when the first lists are there, and when a KubeVirt object came, went or
   *     changed in what matters here
   * @param onLauncher called when the pod of a virtual machine came, got its node or went
   */
  static KubeVirtInformers start(
      KubernetesClient client, Runnable onChange, Consumer<Pod> onLauncher) {
    AtomicReference<String> denial = new AtomicReference<>("");
    CompletableFuture<Void> known = new CompletableFuture<>();
    SharedIndexInformer<GenericKubernetesResource> kubevirts =
        client
            .genericKubernetesResources(KubeVirtObjects.TYPE)
            .inAnyNamespace()
            .runnableInformer(0)
            .exceptionHandler((started, failure) -> {
              Denials.in(failure)
                  .ifPresent(message -> {
                    denial.set(message);
                    known.complete(null);
                    onChange.run();
                  });
              return retry(started, failure);
            })
            .addEventHandler(
                new Changes<>(
                    kubevirt -> onChange.run(),
                    (before, now) -> !Installation.of(before).equals(Installation.of(now))));
    CompletableFuture<Void> named = new CompletableFuture<>();
    SharedIndexInformer<Pod> launchers =
        client
            .pods()
            .inAnyNamespace()
            .withLabel("kubevirt.io", "virt-launcher")
            .withLimit(PrunedStore.PAGE)
            .runnableInformer(0)
            .exceptionHandler((started, failure) -> {
              // Without it virtual machines have no names in the status, and that is all.
              Denials.in(failure).ifPresent(message -> named.complete(null));
              return retry(started, failure);
            })
            .itemStore(
                new ReducedStateItemStore<>(
                    ReducedStateItemStore.NAME_KEY_STATE,
                    Pod.class,
                    client.getKubernetesSerialization(),
                    "metadata.annotations",
                    "metadata.ownerReferences",
                    "spec.nodeName"))
            .addEventHandler(
                new Changes<>(
                    onLauncher,
                    (before, now) ->
                        !VirtualMachines.node(before).equals(VirtualMachines.node(now))));
    launchers.start().thenRun(() -> named.complete(null));
    CompletableFuture.allOf(kubevirts.start().toCompletableFuture(), named)
        .thenRun(onChange)
        .thenRun(() -> known.complete(null));
    return new KubeVirtInformers(kubevirts, launchers, known, denial);
  }

  /**
   * Waits until it is known what there is, or that we may not know.
   *
   * @throws OperatorException if the API server does not say
   */
  void await() {
    try {
      known.get(SYNC_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new OperatorException(
          "KubeVirt objects and virt-launcher pods were not listed within %d s; the log says why"
              .formatted(SYNC_SECONDS),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OperatorException("interrupted while listing KubeVirt objects", e);
    }
  }

  Presence presence() {
    if (!kubevirts.hasSynced()) {
      String refusal = denial.get();
      return refusal.isEmpty() ? new Presence.Absent() : new Presence.Denied(refusal);
    }
    // KubeVirt itself allows one per cluster.
    Optional<GenericKubernetesResource> oldest =
        kubevirts.getStore().list().stream()
            .min(Comparator.comparing(kubevirt -> kubevirt.getMetadata().getCreationTimestamp()));
    return oldest.isPresent() ? new Presence.Installed(oldest.get()) : new Presence.Empty();
  }

  Optional<Pod> launcher(String namespace, String name) {
    return Optional.ofNullable(launchers.getStore().getByKey(namespace + "/" + name));
  }

  void stop() {
    kubevirts.stop();
    launchers.stop();
  }

  /** The API serves what is established a moment later; and connections break. */
  private static boolean retry(boolean started, Throwable failure) {
    log.warn("watch of KubeVirt's objects failed, will be tried again", failure);
    return true;
  }
}
