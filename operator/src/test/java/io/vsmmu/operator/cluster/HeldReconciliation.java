package io.vsmmu.operator.cluster;

import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import java.util.concurrent.CountDownLatch;

/**
 * Keeps the first reconciliation that the framework begins after {@link #arm} until it is let go.
 */
public final class HeldReconciliation implements Metrics {

  private final CountDownLatch began = new CountDownLatch(1);
  private final CountDownLatch letGo = new CountDownLatch(1);

  public void awaitBegin() throws InterruptedException {
    began.await();
  }

  public void letGo() {
    letGo.countDown();
  }

  @Override
  public <T> T timeControllerExecution(ControllerExecution<T> execution) throws Exception {
    began.countDown();
    letGo.await();
    return execution.execute();
  }
}
