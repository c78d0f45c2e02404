package io.vsmmu.lab.apiserver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A child process that does not outlive this one: a shell beside it waits for the end of a pipe
 * that only this process holds open, so even {@code kill -9} here ends the child.
 */
public final class Child implements AutoCloseable {

  private static final String GUARD =
      """
      "$@" </dev/null &
      child=$!
      { cat >/dev/null; kill -KILL "$child" 2>/dev/null; } <&3 3<&- &
      guard=$!
      exec 3<&-
      wait "$child"
      status=$?
      kill "$guard" 2>/dev/null
      exit "$status"
      """;

  private static final int LOG_TAIL = 4000;

  private final String name;
  private final Path log;
  private final Process shell;

  private Child(String name, Path log, Process shell) {
    this.name = name;
    this.log = log;
    this.shell = shell;
  }

  /**
   * Starts a program.
   *
   * @param directory takes its log, {@code <name>.log}
   */
  public static Child start(String name, Path directory, List<String> command) {
    Path log = directory.resolve(name + ".log");
    // The standard input of a background job is /dev/null, hence descriptor 3.
    List<String> guarded = new ArrayList<>(List.of("sh", "-c", "exec 3<&0\n" + GUARD, name));
    guarded.addAll(command);
    try {
      Process shell =
          new ProcessBuilder(guarded)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      return new Child(name, log, shell);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name + " as " + command, e);
    }
  }

  /** What it was started as. */
  public String name() {
    return name;
  }

  /** Whether it runs. */
  public boolean isAlive() {
    return shell.isAlive();
  }

  /** The end of what the program wrote. */
  public String logTail() {
    try {
      String text = Files.readString(log, StandardCharsets.UTF_8);
      return text.substring(Math.max(0, text.length() - LOG_TAIL));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the log of " + name, e);
    }
  }

  @Override
  public void close() {
    try {
      shell.getOutputStream().close();
      shell.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot end " + name, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
