package io.vsmmu.demo;

import io.vsmmu.lab.apiserver.Child;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.function.Supplier;

/**
 * Everything that the demo starts, in a folder of its own. {@link #close} ends it all in reverse
 * order and removes the folder; it may be called at any moment, also while something starts.
 */
final class Stage implements AutoCloseable {
  private final Path folder;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final List<Child> daemons = new ArrayList<>();
  private int starting;
  private volatile boolean closed;

  private Stage(Path folder) {
    this.folder = folder;
  }

  static Stage open() throws IOException {
    return new Stage(Files.createTempDirectory("vsmmu-demo."));
  }

  Path folder() {
    return folder;
  }

  /**
   * Keeps something to be ended with the stage.
   *
   * @throws IllegalStateException when the stage was closed meanwhile; it is ended at once then
   */
  synchronized <T extends AutoCloseable> T keep(T part) {
    started.push(part);
    if (closed) {
      endAll();
      throw new IllegalStateException("the demo is being ended");
    }
    return part;
  }

  /**
   * Starts something that takes its time; an end that comes meanwhile waits for it, for nobody but
   * its starter knows what it has made so far.
   *
   * @throws IllegalStateException as {@link #keep}
   */
  <T extends AutoCloseable> T start(Supplier<T> starter) {
    synchronized (this) {
      if (closed) {
        throw new IllegalStateException("the demo is being ended");
      }
      starting++;
    }
    try {
      return keep(starter.get());
    } finally {
      synchronized (this) {
        starting--;
        notifyAll();
      }
    }
  }

  /** Starts a program that ends with the demo, however the demo ends. */
  synchronized Child start(String name, List<String> command) {
    var child = keep(Child.start(name, folder, command));
    daemons.add(child);
    return child;
  }

  /** Whether the end has begun; what fails after that means nothing. */
  boolean isClosed() {
    return closed;
  }

  /** The ends of the programs' logs, to tell what went wrong. */
  synchronized List<String> logs() {
    return daemons.stream()
        .map(daemon ->
            "--- %s%s%n%s"
                .formatted(
                    daemon.name(),
                    daemon.isAlive() ? "" : " (has ended)",
                    daemon.logTail().stripTrailing()))
        .toList();
  }

  @Override
  public synchronized void close() {
    closed = true;
    endAll();
    awaitStarters();
    if (Files.exists(folder)) {
      remove();
    }
  }

  private synchronized void awaitStarters() {
    boolean interrupted = false;
    while (starting > 0) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void endAll() {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        System.err.println("could not be ended: " + e);
      }
    }
  }

  private void remove() {
    try (var paths = Files.walk(folder)) {
      for (var path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + folder, e);
    }
  }
}
