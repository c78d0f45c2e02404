package io.vsmmu.operator.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What the framework may take for granted when it stops. */
class OrderlyStopTest {

  private static final Duration LONG = Duration.ofMinutes(5);

  @Test
  void aReconciliationReturnsWhatItDid() {
    assertThat(new OrderlyStop(LONG).unlessStopping(() -> "done", "not done")).isEqualTo("done");
  }

  @Test
  void noReconciliationBeginsOnceTheOperatorStops() throws Exception {
    OrderlyStop stop = new OrderlyStop(LONG);
    AtomicBoolean began = new AtomicBoolean();

    stop.stop();

    assertThat(
            stop.unlessStopping(
                () -> {
                  began.set(true);
                  return "done";
                },
                "not done"))
        .isEqualTo("not done");
    assertThat(began).isFalse();
  }

  @Test
  void theStopWaitsForWhatIsUnderWay() throws Exception {
    OrderlyStop stop = new OrderlyStop(LONG);
    Semaphore goOn = new Semaphore(0);
    CompletableFuture<String> reconciliation = underWay(stop, goOn);

    Thread stopping = stopping(stop);
    Awaitility.await().until(() -> stopping.getState() == Thread.State.TIMED_WAITING);
    goOn.release();

    assertThat(reconciliation).succeedsWithin(LONG).isEqualTo("done");
    stopping.join();
  }

  @Test
  void whatTakesTooLongIsInterruptedAndWaitedFor() throws Exception {
    OrderlyStop stop = new OrderlyStop(Duration.ZERO);
    Semaphore never = new Semaphore(0);
    CompletableFuture<String> reconciliation = underWay(stop, never);

    stop.stop();

    assertThat(reconciliation).succeedsWithin(LONG).isEqualTo("interrupted");
  }

  @Test
  void aReconciliationThatFailsIsNotWaitedFor() throws Exception {
    OrderlyStop stop = new OrderlyStop(LONG);
    CompletableFuture<String> failed =
        CompletableFuture.supplyAsync(() ->
            stop.unlessStopping(
                () -> {
                  throw new IllegalStateException("the API server says no");
                },
                "not done"));
    assertThat(failed).failsWithin(LONG);

    stop.stop();
  }

  @Test
  void anErrorIsAnExceptionToTheFrameworkWhichTriesAgain() {
    OrderlyStop stop = new OrderlyStop(LONG);
    StackOverflowError error = new StackOverflowError();

    assertThatThrownBy(() ->
            stop.unlessStopping(
                () -> {
                  throw error;
                },
                "not done"))
        .isInstanceOf(IllegalStateException.class)
        .hasCause(error);
  }

  private static Thread stopping(OrderlyStop stop) {
    return Thread.ofPlatform()
        .start(() -> {
          try {
            stop.stop();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** Returns when it is. */
  private static CompletableFuture<String> underWay(OrderlyStop stop, Semaphore goOn)
      throws InterruptedException {
    CountDownLatch began = new CountDownLatch(1);
    CompletableFuture<String> result =
        CompletableFuture.supplyAsync(() ->
            stop.unlessStopping(
                () -> {
                  began.countDown();
                  try {
                    goOn.acquire();
                    return "done";
                  } catch (InterruptedException e) {
                    return "interrupted";
                  }
                },
                "not done"));
    began.await();
    return result;
  }
}
