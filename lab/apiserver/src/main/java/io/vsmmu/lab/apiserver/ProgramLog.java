package io.vsmmu.lab.apiserver;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** What a program writes, copied line by line to a file and told to those who wait for a line. */
final class ProgramLog {

  private static final int TAIL = 4000;

  private final String program;
  private final Path file;
  private final List<Awaited> awaited = new ArrayList<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();

  private record Awaited(String text, CompletableFuture<Void> written) {}

  private ProgramLog(String program, Path file) {
    this.program = program;
    this.file = file;
  }

  /** Copies in a thread of its own, until the program's end. */
  static ProgramLog copy(String program, InputStream output, Path file) throws IOException {
    Writer writer = Files.newBufferedWriter(file);
    ProgramLog log = new ProgramLog(program, file);
    Thread.ofVirtual().name(program + "-log").start(() -> log.run(output, writer));
    return log;
  }

  /** Done when all that the program wrote is in the file. */
  CompletableFuture<Void> end() {
    return end;
  }

  /** Done when a line has the text; fails when the program ends without one. */
  synchronized CompletableFuture<Void> line(String text) {
    CompletableFuture<Void> written = new CompletableFuture<>();
    try (Stream<String> lines = Files.lines(file)) {
      if (lines.anyMatch(line -> line.contains(text))) {
        written.complete(null);
      } else if (end.isDone()) {
        written.completeExceptionally(ended());
      } else {
        awaited.add(new Awaited(text, written));
      }
    } catch (IOException e) {
      throw unreadable(e);
    }
    return written;
  }

  /** The end of the text. */
  String tail() {
    try {
      String text = Files.readString(file);
      return text.substring(Math.max(0, text.length() - TAIL));
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private void run(InputStream output, Writer writer) {
    try (writer;
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(output, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        add(line, writer);
      }
      finish();
    } catch (IOException e) {
      end.completeExceptionally(e);
      finish();
    }
  }

  private synchronized void add(String line, Writer writer) throws IOException {
    writer.write(line + "\n");
    writer.flush();
    for (Iterator<Awaited> each = awaited.iterator(); each.hasNext(); ) {
      Awaited next = each.next();
      if (line.contains(next.text())) {
        each.remove();
        next.written().complete(null);
      }
    }
  }

  private synchronized void finish() {
    end.complete(null);
    awaited.forEach(each -> each.written().completeExceptionally(ended()));
    awaited.clear();
  }

  private IllegalStateException ended() {
    return new IllegalStateException(program + " ended: " + tail());
  }

  private UncheckedIOException unreadable(IOException cause) {
    return new UncheckedIOException("cannot read the log of " + program, cause);
  }
}
