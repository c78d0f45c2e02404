package io.vsmmu.agent.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LoopTest {

  private static final Duration NEVER = Duration.ofDays(1);

  private final AtomicInteger runs = new AtomicInteger();

  @BeforeAll
  static void bePatient() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  @Test
  void runsWhenPoked() {
    try (var loop =
        Loop.start(
            "test",
            NEVER,
            () -> {
              runs.incrementAndGet();
            })) {
      loop.poke();
      await().until(() -> runs.get() == 1);
    }
  }

  @Test
  void runsPeriodicallyWithoutAPoke() {
    try (var _ =
        Loop.start(
            "test",
            Duration.ofMillis(1),
            () -> {
              runs.incrementAndGet();
            })) {
      await().until(() -> runs.get() > 2);
    }
  }

  @Test
  void pokesDuringARunMakeOneMore() throws InterruptedException {
    var running = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var loop =
        Loop.start(
            "test",
            NEVER,
            () -> {
              runs.incrementAndGet();
              running.countDown();
              awaitQuietly(go);
            });
    loop.poke();
    running.await();
    loop.poke();
    loop.poke();
    loop.poke();

    go.countDown();
    await().until(() -> runs.get() == 2);
    loop.close();

    assertThat(runs).hasValue(2);
  }

  @Test
  void pokesDuringARestWaitForItsEnd() {
    var rested = Duration.ofMillis(300);
    var ends = new ConcurrentLinkedQueue<Long>();
    try (var loop =
        Loop.start(
            "test",
            NEVER,
            () -> {
              ends.add(System.nanoTime());
              return new Rest(rested, NEVER);
            })) {
      loop.poke();
      await().until(() -> ends.size() == 1);
      loop.poke();
      loop.poke();
      await().until(() -> ends.size() == 2);

      assertThat(ends.poll()).isLessThanOrEqualTo(ends.element() - rested.toNanos());
    }
  }

  @Test
  void closeEndsARest() {
    var loop =
        Loop.start(
            "test",
            NEVER,
            () -> {
              runs.incrementAndGet();
              return new Rest(NEVER, NEVER);
            });
    loop.poke();
    await().until(() -> runs.get() == 1);

    loop.close();

    assertThat(runs).hasValue(1);
  }

  @Test
  void aTaskThatThrowsRunsAgain() {
    try (var loop =
        Loop.start(
            "test",
            NEVER,
            () -> {
              if (runs.incrementAndGet() == 1) {
                throw new IllegalStateException("the first time");
              }
            })) {
      loop.poke();
      await().until(() -> runs.get() == 1);
      loop.poke();
      await().until(() -> runs.get() == 2);
    }
  }

  @Test
  void closeWaitsForTheRunThatIsUnderWay() throws InterruptedException {
    var running = new CountDownLatch(1);
    var go = new CountDownLatch(1);
    var loop =
        Loop.start(
            "test",
            NEVER,
            () -> {
              running.countDown();
              awaitQuietly(go);
              runs.incrementAndGet();
            });
    loop.poke();
    running.await();
    var closer = Thread.ofPlatform().start(loop::close);
    await().until(() -> closer.getState() == Thread.State.WAITING);

    go.countDown();
    closer.join();

    assertThat(runs).hasValue(1);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
