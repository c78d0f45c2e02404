package io.vsmmu.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class StageTest {

  private static final class Part implements AutoCloseable {
    private final AtomicBoolean ended = new AtomicBoolean();

    @Override
    public void close() {
      ended.set(true);
    }
  }

  @Test
  void theEndWaitsForWhatIsBeingStartedAndEndsIt() throws IOException, InterruptedException {
    var stage = Stage.open();
    var part = new Part();
    var underWay = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var start =
        CompletableFuture.supplyAsync(() ->
            stage.start(() -> {
              underWay.countDown();
              await(goOn);
              return part;
            }));
    underWay.await();

    var end = Thread.ofVirtual().start(stage::close);
    while (!stage.isClosed()) {
      Thread.onSpinWait();
    }
    assertThat(end.isAlive()).isTrue();
    goOn.countDown();
    end.join();

    assertThat(part.ended).isTrue();
    assertThat(stage.folder()).doesNotExist();
    assertThatThrownBy(start::join).hasRootCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void nothingStartsAfterTheEnd() throws IOException {
    var stage = Stage.open();
    stage.close();

    assertThatThrownBy(() -> stage.start(Part::new)).isInstanceOf(IllegalStateException.class);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
