package io.vsmmu.agent.status;

import java.util.Objects;
import java.util.stream.Stream;

/** Why a request to the API server failed. */
final class ApiFailure {

  private ApiFailure() {}

  /**
   * In one line: what the client says, and what it does not say of the first cause. Exceptions of
   * the JDK's HTTP client often have no message but their type.
   */
  static String describe(Throwable failure) {
    var cause =
        Stream.iterate(failure, Objects::nonNull, Throwable::getCause)
            .reduce(failure, (_, deeper) -> deeper);
    var said = failure.getMessage();
    var first = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    if (said == null || said.isBlank()) {
      return first;
    }
    return said.contains(first) ? said : said.replaceFirst("\\.$", "") + ": " + first;
  }
}
