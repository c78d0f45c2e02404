package io.vsmmu.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** A folder that is there while something is measured. */
public record Scratch(Path folder) implements AutoCloseable {

  /**
   * Makes one.
   *
   * @param name of what is measured in it
   */
  public static Scratch make(String name) throws IOException {
    return new Scratch(Files.createTempDirectory("vsmmu-bench-" + name + "."));
  }

  @Override
  public void close() throws IOException {
    List<Path> paths;
    try (var walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }
}
