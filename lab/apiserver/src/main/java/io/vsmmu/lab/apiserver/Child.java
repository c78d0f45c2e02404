package io.vsmmu.lab.apiserver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A child process that does not outlive this one: a shell beside it waits for the end of a pipe
 * that only this process holds open, so even {@code kill -9} here ends the child.
 */
public final class Child implements AutoCloseable {

  // Ctrl-C reaches the shell as well, which is to wait for the program all the same.
  private static final String GUARD =
      """
      trap "" INT
      "$@" </dev/null &
      child=$!
      { cat >/dev/null; kill -KILL "$child"; } <&3 3<&- >/dev/null 2>&1 &
      guard=$!
      exec 3<&-
      wait "$child"
      status=$?
      kill "$guard" 2>/dev/null
      exit "$status"
      """;

  private final String name;
  private final Process shell;
  private final ProgramLog log;

  private Child(String name, Process shell, ProgramLog log) {
    this.name = name;
    this.shell = shell;
    this.log = log;
  }

  /**
   * Starts a program.
   *
   * @param directory takes its log, {@code <name>.log}
   */
  public static Child start(String name, Path directory, List<String> command) {
    // The standard input of a background job is /dev/null, hence descriptor 3.
    List<String> guarded = new ArrayList<>(List.of("sh", "-c", "exec 3<&0\n" + GUARD, name));
    guarded.addAll(command);
    try {
      Process shell = new ProcessBuilder(guarded).redirectErrorStream(true).start();
      return new Child(
          name,
          shell,
          ProgramLog.copy(name, shell.getInputStream(), directory.resolve(name + ".log")));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name + " as " + command, e);
    }
  }

  /** What it was started as. */
  public String name() {
    return name;
  }

  /** Whether it runs; afterwards all that it wrote is in its log. */
  public boolean isAlive() {
    return !log.end().isDone();
  }

  /** The end of what the program wrote. */
  public String logTail() {
    return log.tail();
  }

  /**
   * Waits until the program has written a line with the text.
   *
   * @throws IllegalStateException if it ends or the limit passes before; the message has the end of
   *     the log
   */
  public void awaitLine(String text, Duration limit) throws InterruptedException {
    try {
      log.line(text).get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "%s ended before it wrote '%s': %s".formatted(name, text, logTail()), e.getCause());
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "%s did not write '%s' within %s: %s".formatted(name, text, limit, logTail()), e);
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
