package io.vsmmu.agent.flow;

/** A listener's place in the line; it is not called any more after {@link #close} returns. */
public interface Subscription extends AutoCloseable {

  @Override
  void close();
}
