package io.vsmmu.lab.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The agent's own program, with folders of its own, and without a cluster. */
final class AgentProcess implements AutoCloseable {
  private static final int SECONDS_TO_STOP = 60;

  private final Process process;
  private final Path folder;

  private AgentProcess(Process process, Path folder) {
    this.process = process;
    this.folder = folder;
  }

  /**
   * Starts it. Its log is {@code agent.log} in the folder.
   *
   * @param program {@code vsmmu run} with the options that say which node it is for
   */
  static AgentProcess start(Path folder, List<String> program) throws IOException {
    var command = new ArrayList<>(program);
    command.addAll(
        List.of(
            "--kubelet-dir=" + plugins(folder),
            "--pod-resources=" + podResources(folder),
            "--state-dir=" + Files.createDirectories(folder.resolve("state")),
            "--handoff-dir=" + Files.createDirectories(folder.resolve("handoff")),
            "--peers=path",
            "--http-port=-1"));
    var agent =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("agent.log").toFile());
    return new AgentProcess(agent.start(), folder);
  }

  static Path plugins(Path folder) {
    return folder.resolve("plugins");
  }

  static Path podResources(Path folder) {
    return folder.resolve("pod-resources.sock");
  }

  /** How many allocations are on disk. */
  long allocations() throws IOException {
    try (var files = Files.list(folder.resolve("state/allocations"))) {
      return files.count();
    }
  }

  Holdings holdings() throws IOException {
    requireAlive();
    return Holdings.of(
        process.toHandle(),
        List.of(folder.resolve("state"), folder.resolve("handoff"), plugins(folder)));
  }

  void requireAlive() {
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "the agent has ended with status %d; its log: %s"
              .formatted(process.exitValue(), folder.resolve("agent.log")));
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
