package io.vsmmu.operator.kubevirt;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import io.javaoperatorsdk.operator.OperatorException;
import java.util.Comparator;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What runs while KubeVirt's API is there: caches of the KubeVirt object and of the pods of virtual
 * machines.
 *
 * @param kubevirts KubeVirt objects
 * @param launchers pods, reduced to what names their virtual machine and node
 * @param synced completes when both have their first list
 */
record KubeVirtInformers(
    SharedIndexInformer<GenericKubernetesResource> kubevirts,
    SharedIndexInformer<Pod> launchers,
    CompletableFuture<Void> synced) {

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
    SharedIndexInformer<GenericKubernetesResource> kubevirts =
        client
            .genericKubernetesResources(KubeVirtObjects.TYPE)
            .inAnyNamespace()
            .runnableInformer(0)
            .exceptionHandler(KubeVirtInformers::retry)
            .addEventHandler(
                new Changes<>(
                    kubevirt -> onChange.run(),
                    (before, now) -> !Installation.of(before).equals(Installation.of(now))));
    SharedIndexInformer<Pod> launchers =
        client
            .pods()
            .inAnyNamespace()
            .withLabel("kubevirt.io", "virt-launcher")
            .runnableInformer(0)
            .exceptionHandler(KubeVirtInformers::retry)
            .itemStore(
                new ReducedStateItemStore<>(
                    ReducedStateItemStore.NAME_KEY_STATE,
                    Pod.class,
                    client.getKubernetesSerialization(),
                    "metadata.ownerReferences",
                    "spec.nodeName"))
            .addEventHandler(
                new Changes<>(
                    onLauncher,
                    (before, now) ->
                        !Objects.equals(
                            before.getSpec().getNodeName(), now.getSpec().getNodeName())));
    CompletableFuture<Void> synced =
        CompletableFuture.allOf(
            kubevirts.start().toCompletableFuture(), launchers.start().toCompletableFuture());
    return new KubeVirtInformers(kubevirts, launchers, synced.thenRun(onChange));
  }

  /**
   * Waits for the first lists.
   *
   * @throws OperatorException if they do not come
   */
  void await() {
    try {
      synced.get(SYNC_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new OperatorException(
          ("KubeVirt objects and virt-launcher pods were not listed within %d s; the log says why, and"
                  + " the operator's ClusterRole must allow list and watch of both")
              .formatted(SYNC_SECONDS),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OperatorException("interrupted while listing KubeVirt objects", e);
    }
  }

  Presence presence() {
    if (!kubevirts.hasSynced()) {
      return new Presence.Absent();
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
