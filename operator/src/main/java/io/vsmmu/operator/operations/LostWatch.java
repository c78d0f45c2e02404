package io.vsmmu.operator.operations;

import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.api.config.InformerStoppedHandler;
import io.quarkus.arc.Unremovable;
import io.quarkus.runtime.Quarkus;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the operator when a watch of the framework's can go on no more, such as one that met an
 * object which it cannot read. Its cache would stay as it was: agents would seem silent whose
 * leases are renewed, and new objects would not be seen. A restart lists anew, or says in its log
 * what is wrong.
 */
@Singleton
public class LostWatch {

  private static final Logger log = LoggerFactory.getLogger(LostWatch.class);

  /** What the framework looks for. */
  @Produces
  @Singleton
  @Unremovable
  InformerStoppedHandler handler() {
    return handler(() -> Quarkus.asyncExit(1));
  }

  static InformerStoppedHandler handler(Runnable exit) {
    return (informer, failure) -> {
      // A stop has no failure, and the start ends by itself when a first list fails.
      if (failure != null && informer.hasSynced()) {
        log.error(
            "the watch of {} cannot go on; the operator ends, to begin anew",
            kind(informer),
            failure);
        exit.run();
      }
    };
  }

  private static String kind(SharedIndexInformer<?> informer) {
    return informer.getApiTypeClass().getSimpleName();
  }
}
