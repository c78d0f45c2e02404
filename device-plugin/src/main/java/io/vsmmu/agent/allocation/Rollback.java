package io.vsmmu.agent.allocation;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was done so far; closing it undoes all of that, newest first, unless it was kept. */
final class Rollback implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Rollback.class);

  private final Deque<AutoCloseable> steps = new ArrayDeque<>();

  /** Something was done that {@code undo} undoes. */
  <C extends AutoCloseable> C add(C undo) {
    steps.push(undo);
    return undo;
  }

  /** All went well. */
  void keep() {
    steps.clear();
  }

  @Override
  public void close() {
    while (!steps.isEmpty()) {
      try {
        steps.pop().close();
      } catch (Exception e) {
        LOG.error("a step of a failed allocation could not be undone", e);
      }
    }
  }
}
