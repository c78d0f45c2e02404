package io.vsmmu.bench;

import java.util.List;
import java.util.function.Consumer;

/** A part of the table. */
public interface Measurement {

  /** What it is called on the command line. */
  String name();

  /**
   * Measures both sides.
   *
   * @param progress takes a short line now and then
   */
  List<Row> run(Consumer<String> progress) throws Exception;
}
