package io.vsmmu.operator.watch;

import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.function.BiPredicate;
import java.util.function.Consumer;

/**
 * Tells of objects that came, went or changed.
 *
 * @param listener called with the object as it is, or was last
 * @param matters whether an update from one state to another is worth telling
 */
public record Changes<T>(Consumer<T> listener, BiPredicate<T, T> matters)
    implements ResourceEventHandler<T> {

  @Override
  public void onAdd(T object) {
    listener.accept(object);
  }

  @Override
  public void onUpdate(T before, T now) {
    if (matters.test(before, now)) {
      listener.accept(now);
    }
  }

  @Override
  public void onDelete(T object, boolean unknownFinalState) {
    listener.accept(object);
  }
}
