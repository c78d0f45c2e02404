package io.vsmmu.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A container's process and what it has printed so far. */
final class ContainerProcess implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final Process process;
  private final List<String> printed = new ArrayList<>();
  private boolean ended;

  private ContainerProcess(Process process) {
    this.process = process;
  }

  static ContainerProcess start(String name, List<String> command) {
    try {
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      var container = new ContainerProcess(process);
      Thread.ofPlatform().daemon().name("log of " + name).start(container::readAll);
      return container;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + command, e);
    }
  }

  private void readAll() {
    try (var output = process.inputReader()) {
      for (var line = output.readLine(); line != null; line = output.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      add("its output ended: " + e.getMessage());
    }
    end();
  }

  private synchronized void add(String line) {
    printed.add(line);
    notifyAll();
  }

  private synchronized void end() {
    ended = true;
    notifyAll();
  }

  /** What it has printed so far, errors included. */
  synchronized List<String> printed() {
    return List.copyOf(printed);
  }

  /** Waits for a line; empty when the process ends or time runs out without one. */
  synchronized Optional<String> await(Predicate<String> wanted, Duration limit)
      throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      var found = printed.stream().filter(wanted).findFirst();
      long left = deadline - System.nanoTime();
      if (found.isPresent() || ended || left <= 0) {
        return found;
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(GRACE)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
