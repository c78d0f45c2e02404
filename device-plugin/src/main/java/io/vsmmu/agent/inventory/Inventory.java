package io.vsmmu.agent.inventory;

import io.vsmmu.agent.flow.Subscription;
import java.util.function.Consumer;

/** The present state of the node's devices, for those who only look. */
public interface Inventory {

  InventorySnapshot snapshot();

  /**
   * Calls {@code listener} with the present snapshot and then with every snapshot that differs from
   * the one before it. Calls come one at a time, in order, from the inventory's thread: a listener
   * must return quickly.
   *
   * @return closes the subscription; the listener is not called after that returns
   */
  Subscription subscribe(Consumer<InventorySnapshot> listener);
}
