package io.vsmmu.operator.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.OperatorException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One object of the API, watched by its name, so that a right on that name is enough.
 *
 * @param <T> its kind
 */
public final class WatchedObject<T extends HasMetadata> {

  private static final Logger log = LoggerFactory.getLogger(WatchedObject.class);

  private static final long SYNC_SECONDS = 60;

  private final String title;
  private final SharedIndexInformer<T> informer;
  private final CompletableFuture<Void> known = new CompletableFuture<>();
  private final AtomicReference<String> denial = new AtomicReference<>("");

  /**
   * Begins to watch.
   *
   * @param title names it in messages
   * @param resource which one
   * @param onChange called when it came, changed or went, and when it turns out that we may not see
   *     it
   */
  public WatchedObject(String title, Resource<T> resource, Runnable onChange) {
    this.title = title;
    this.informer =
        resource
            .runnableInformer(0)
            .exceptionHandler((started, failure) -> {
              Denials.in(failure)
                  .ifPresent(message -> {
                    denial.set(message);
                    known.complete(null);
                    onChange.run();
                  });
              log.warn("watch of {} failed, will be tried again", title, failure);
              return true;
            })
            .addEventHandler(new Changes<>(changed -> onChange.run(), (before, now) -> true));
    // Also when it is stopped before the first answer: nobody is to wait for that any more.
    informer.start().whenComplete((started, stopped) -> known.complete(null));
  }

  /**
   * Waits until it is known whether it is there, or that we may not know.
   *
   * @throws OperatorException if the API server does not say
   */
  public void await() {
    try {
      known.get(SYNC_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new OperatorException(
          "%s was not read within %d s; the log says why".formatted(title, SYNC_SECONDS), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OperatorException("interrupted while reading " + title, e);
    }
  }

  /** Whether {@link #await} would return at once. */
  public boolean isKnown() {
    return known.isDone();
  }

  /** The object, if it is there. */
  public Optional<T> get() {
    return informer.getStore().list().stream().findFirst();
  }

  /** What the API server said when it refused to show it; empty unless it did. */
  public Optional<String> denial() {
    return informer.hasSynced() || denial.get().isEmpty()
        ? Optional.empty()
        : Optional.of(denial.get());
  }

  /** How to call it in a message. */
  public String title() {
    return title;
  }

  /** Ends the watch. */
  public void stop() {
    informer.stop();
  }
}
