package io.vsmmu.agent.status;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vsmmu.agent.flow.Publisher;
import io.vsmmu.agent.flow.Subscription;
import io.vsmmu.api.v1alpha1.VSmmu;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Follows the node's VSmmu by a watch, over any absence of the API server. */
final class NodeVSmmu implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(NodeVSmmu.class);

  /**
   * What is known of the object.
   *
   * @param told whether the API server has told anything yet
   * @param vsmmu the object, when there is one
   */
  record Known(boolean told, Optional<VSmmuView> vsmmu) {}

  private final SharedIndexInformer<VSmmu> informer;
  private volatile boolean complained;
  private final Publisher<Known> known = new Publisher<>(new Known(false, Optional.empty()));

  NodeVSmmu(KubernetesClient client, String node) {
    informer = client.resources(VSmmu.class).withName(node).runnableInformer(0);
    informer.exceptionHandler((started, failure) -> {
      complainOnce(client, node, failure);
      return true;
    });
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(VSmmu vsmmu) {
            tell(Optional.of(VSmmuView.of(vsmmu)));
          }

          @Override
          public void onUpdate(VSmmu before, VSmmu now) {
            tell(Optional.of(VSmmuView.of(now)));
          }

          @Override
          public void onDelete(VSmmu vsmmu, boolean finalStateUnknown) {
            tell(Optional.empty());
          }

          @Override
          public void onNothing() {
            tell(Optional.empty());
          }
        });
    var _ = informer.start();
  }

  Known known() {
    return known.current();
  }

  Subscription subscribe(Consumer<Known> listener) {
    return known.subscribe(listener);
  }

  @Override
  public void close() {
    informer.stop();
  }

  private void complainOnce(KubernetesClient client, String node, Throwable failure) {
    if (!complained) {
      complained = true;
      var cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      LOG.warn(
          "VSmmu {} cannot be watched at {}; the last wish holds, and it is tried again: {}",
          node,
          client.getMasterUrl(),
          cause.toString());
    }
  }

  private void tell(Optional<VSmmuView> vsmmu) {
    complained = false;
    known.publish(new Known(true, vsmmu));
  }
}
