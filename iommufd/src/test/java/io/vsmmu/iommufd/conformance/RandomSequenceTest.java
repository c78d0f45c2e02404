package io.vsmmu.iommufd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.TreeDevice;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Random requests against a model of what they lead to. The seeds are printed; the system property
 * {@code vsmmu.random.seed} replays one, {@code vsmmu.random.sequences} says how many there are.
 */
@Conformance
class RandomSequenceTest {
  private static final int STEPS = 300;

  @Test
  void noIdReferenceOrFileIsLost(KernelUnderTest target) {
    for (long seed : seeds()) {
      System.out.println("random sequence: -Dvsmmu.random.seed=" + seed);
      run(seed, target);
      requireEmpty(target);
    }
  }

  private static void run(long seed, KernelUnderTest target) {
    try (RandomSequence sequence = new RandomSequence(seed, target)) {
      for (int i = 0; i < STEPS; i++) {
        try {
          sequence.step();
        } catch (AssertionError | RuntimeException e) {
          throw new AssertionError(
              "seed %d, after:%n%s%n%s".formatted(seed, sequence.story(), e.getMessage()), e);
        }
      }
    }
  }

  /** Whatever a file or context had kept could not be bound or would keep its id. */
  private static void requireEmpty(KernelUnderTest target) {
    assertThat(Leftovers.of(target.kernel())).isEmpty();
    try (Session session = new Session(target)) {
      int expected = 1;
      for (TreeDevice device : target.all()) {
        assertThat(session.bind(session.open(device))).isEqualTo(expected);
        expected++;
      }
    }
  }

  private static long[] seeds() {
    Long replayed = Long.getLong("vsmmu.random.seed");
    return replayed == null
        ? new Random().longs(Integer.getInteger("vsmmu.random.sequences", 8)).toArray()
        : LongStream.of(replayed).toArray();
  }
}
