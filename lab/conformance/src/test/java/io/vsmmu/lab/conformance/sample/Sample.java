package io.vsmmu.lab.conformance.sample;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

/** Tests that end in every way. Not found by the build, whose tests have names that end in Test. */
class Sample {

  @Test
  void passes() {}

  @Test
  void fails() {
    assertThat("what is").isEqualTo("what must be");
  }

  @Test
  void aborts() {
    throw new TestAbortedException("no such device here");
  }

  @ParameterizedTest
  @ValueSource(strings = {"one", "two"})
  void passesFor(String argument) {
    assertThat(argument).isNotBlank();
  }

  @ParameterizedTest
  @MethodSource("suppliers")
  void passesForEach(Supplier<String> argument) {
    assertThat(argument.get()).isNotBlank();
  }

  static Stream<Supplier<String>> suppliers() {
    return Stream.of(() -> "a", () -> "b");
  }

  @ParameterizedTest
  @MethodSource("broken")
  void neverRuns(String argument) {
    assertThat(argument).isNotBlank();
  }

  static Stream<String> broken() {
    throw new IllegalStateException("no arguments today");
  }
}
