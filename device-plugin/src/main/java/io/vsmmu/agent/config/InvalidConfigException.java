package io.vsmmu.agent.config;

import java.io.IOException;
import java.util.List;

/** A file is no VSmmu that an API server would take. */
public final class InvalidConfigException extends IOException {

  private static final long serialVersionUID = 1L;

  /**
   * Names all that is wrong at once.
   *
   * @param source the file
   * @param faults one sentence each, that begins with the field
   */
  InvalidConfigException(String source, List<String> faults) {
    super(
        faults.size() == 1
            ? source + ": " + faults.getFirst()
            : source + ":\n  " + String.join("\n  ", faults));
  }
}
