package io.vsmmu.demo;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vsmmu.standin.kubelet.AdmissionException;
import io.vsmmu.standin.kubelet.KubeletGeneration;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the stand-in lacks of a kubelet: it keeps the Node object, and runs the first container of
 * pods that are bound to the node as processes.
 */
final class DemoKubelet implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DemoKubelet.class);

  private final KubernetesClient client;
  private final NodeObject node;
  private final ContainerRunner runner;
  private final StandInKubelet kubelet;
  private final Map<String, ContainerProcess> running = new HashMap<>();
  // One thread: pods and node are handled one after another, as by kubelet's own loop.
  // What still comes while it closes is about a node that nobody looks at any more.
  private final ExecutorService loop =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          Thread.ofPlatform().daemon().name("demo-kubelet").factory(),
          new ThreadPoolExecutor.DiscardPolicy());
  private final SharedIndexInformer<Pod> pods;

  DemoKubelet(
      KubernetesClient client,
      String nodeName,
      Path devicePlugins,
      Path podResources,
      ContainerRunner runner)
      throws IOException {
    this.client = client;
    this.node = new NodeObject(client, nodeName);
    this.runner = runner;
    node.register();
    kubelet =
        StandInKubelet.start(
            devicePlugins, podResources, KubeletGeneration.BY_SOCKET, this::pluginsChanged);
    pods =
        client.pods().inAnyNamespace().withField("spec.nodeName", nodeName).inform(new PodEvents());
  }

  NodeObject node() {
    return node;
  }

  /** Handles events in their order; an error of one must not end the loop. */
  private void enqueue(String what, Runnable work) {
    loop.execute(() -> {
      try {
        work.run();
      } catch (RuntimeException e) {
        if (!loop.isShutdown()) {
          LOG.error("{} failed", what, e);
        }
      }
    });
  }

  private void pluginsChanged() {
    enqueue("mirroring devices into the node", () -> node.mirror(kubelet));
  }

  private void sync(Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      end(pod);
    } else if (!running.containsKey(pod.getMetadata().getUid())
        && "Pending".equals(pod.getStatus().getPhase())) {
      start(pod);
    }
  }

  private void start(Pod pod) {
    var container = pod.getSpec().getContainers().getFirst();
    try {
      var grant = kubelet.admit(reference(pod), container.getName(), devices(container));
      running.put(
          pod.getMetadata().getUid(),
          runner.start(pod.getMetadata().getName(), container.getArgs(), grant));
      setPhase(pod, "Running", null);
    } catch (AdmissionException e) {
      setPhase(pod, "Failed", e.getMessage());
    }
  }

  private void end(Pod pod) {
    var process = running.remove(pod.getMetadata().getUid());
    if (process != null) {
      process.close();
    }
    kubelet.remove(reference(pod));
    client.resource(pod).withGracePeriod(0).delete();
  }

  private void setPhase(Pod pod, String phase, @Nullable String message) {
    client
        .resource(pod)
        .editStatus(now ->
            new PodBuilder(now)
                .editOrNewStatus()
                .withPhase(phase)
                .withMessage(message)
                .endStatus()
                .build());
  }

  private static Map<String, Integer> devices(Container container) {
    Map<String, Integer> devices = new LinkedHashMap<>();
    container
        .getResources()
        .getLimits()
        .forEach((resource, quantity) ->
            devices.put(resource, quantity.getNumericalAmount().intValueExact()));
    return devices;
  }

  private static PodRef reference(Pod pod) {
    var metadata = pod.getMetadata();
    return new PodRef(metadata.getNamespace(), metadata.getName(), metadata.getUid());
  }

  @Override
  public void close() {
    pods.close();
    loop.close();
    running.values().forEach(ContainerProcess::close);
    kubelet.close();
  }

  private final class PodEvents implements ResourceEventHandler<Pod> {
    @Override
    public void onAdd(Pod pod) {
      enqueue("pod " + pod.getMetadata().getName(), () -> sync(pod));
    }

    @Override
    public void onUpdate(Pod before, Pod pod) {
      onAdd(pod);
    }

    @Override
    public void onDelete(Pod pod, boolean stateUnknown) {}
  }
}
