package io.vsmmu.operator.kubevirt;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vsmmu.operator.watch.Changes;
import io.vsmmu.operator.webhook.Webhook;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notices when KubeVirt's API comes and goes, and watches its objects while it is there. */
final class KubeVirtWatch {

  private static final Logger log = LoggerFactory.getLogger(KubeVirtWatch.class);

  private final KubernetesClient client;
  private final Runnable onChange;
  private final Consumer<Pod> onLauncher;
  private final Webhook webhook;
  private final Runnable onWebhook;

  private @Nullable SharedIndexInformer<CustomResourceDefinition> definitions;
  private volatile @Nullable KubeVirtInformers informers;

  /**
   * A watch that has not started.
   *
   * @param onChange called when KubeVirt came, went or changed in what matters here
   * @param onLauncher called when the pod of a virtual machine came, got its node or went
   * @param webhook runs while KubeVirt's API is there
   * @param onWebhook called when the webhook may have to be brought back to what it should be
   */
  KubeVirtWatch(
      KubernetesClient client,
      Runnable onChange,
      Consumer<Pod> onLauncher,
      Webhook webhook,
      Runnable onWebhook) {
    this.client = client;
    this.onChange = onChange;
    this.onLauncher = onLauncher;
    this.webhook = webhook;
    this.onWebhook = onWebhook;
  }

  /**
   * Starts, and returns when it is known whether KubeVirt is there and, if so, how it is set up.
   *
   * @throws io.javaoperatorsdk.operator.OperatorException if the API server does not tell
   */
  synchronized void start() {
    definitions =
        client
            .apiextensions()
            .v1()
            .customResourceDefinitions()
            .withName(KubeVirtObjects.DEFINITION)
            .runnableInformer(0)
            // After the first list, whatever happens: nobody else would notice.
            .exceptionHandler((started, failure) -> {
              log.warn("watch of KubeVirt's definition failed", failure);
              return started;
            })
            .addEventHandler(new Changes<>(changed -> definitionChanged(), (before, now) -> true));
    definitions.run();
    definitionChanged();
    KubeVirtInformers running = informers;
    if (running != null) {
      running.await();
    }
  }

  synchronized void stop() {
    if (definitions != null) {
      definitions.stop();
      definitions = null;
    }
    end();
  }

  Presence presence() {
    KubeVirtInformers running = informers;
    return running == null ? new Presence.Absent() : running.presence();
  }

  /** The pod of this name, if it runs a virtual machine. */
  Optional<Pod> launcher(String namespace, String name) {
    KubeVirtInformers running = informers;
    return running == null ? Optional.empty() : running.launcher(namespace, name);
  }

  private synchronized void definitionChanged() {
    if (definitions == null) {
      return;
    }
    boolean served = definitions.getStore().list().stream().anyMatch(KubeVirtWatch::isServed);
    if (served && informers == null) {
      log.info("KubeVirt's API is there");
      webhook.start(onWebhook);
      informers = KubeVirtInformers.start(client, onChange, onLauncher);
    } else if (!served && informers != null) {
      log.info("KubeVirt's API is gone");
      end();
      onChange.run();
    }
  }

  private void end() {
    KubeVirtInformers running = informers;
    if (running != null) {
      running.stop();
      informers = null;
      webhook.stop();
    }
  }

  private static boolean isServed(CustomResourceDefinition definition) {
    return definition.getMetadata().getDeletionTimestamp() == null
        && definition.getStatus() != null
        && definition.getStatus().getConditions() != null
        && definition.getStatus().getConditions().stream()
            .anyMatch(condition ->
                "Established".equals(condition.getType()) && "True".equals(condition.getStatus()));
  }
}
