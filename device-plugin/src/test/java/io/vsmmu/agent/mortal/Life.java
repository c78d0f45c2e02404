package io.vsmmu.agent.mortal;

/** How many more steps an agent lives. Safe for use by several threads. */
public final class Life {

  private final long end;
  private long steps;

  private Life(long end) {
    this.end = end;
  }

  /** It does not end by itself. */
  public static Life unlimited() {
    return new Life(Long.MAX_VALUE);
  }

  /** It ends right before step {@code end}; the first is 0. */
  public static Life until(long end) {
    return new Life(end);
  }

  /** Steps that were taken. */
  public synchronized long steps() {
    return steps;
  }

  /**
   * Before a step that changes the node.
   *
   * @throws Killed when life is over
   */
  public synchronized void step() {
    check();
    steps++;
  }

  /** Before anything that a dead process cannot do. */
  public synchronized void check() {
    if (steps >= end) {
      // Each time another one: Java lets no throwable be suppressed by itself.
      throw new Killed();
    }
  }

  /** The process is no more. Not an exception: no code of the agent handles its own death. */
  public static final class Killed extends Error {
    private static final long serialVersionUID = 1L;

    private Killed() {
      super("killed");
    }
  }
}
