package io.vsmmu.agent.config;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;

import io.vsmmu.agent.flow.Loop;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a file as if it were the node's VSmmu. While it is missing or not valid, the last wish
 * holds.
 */
public final class FileWish implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FileWish.class);

  /** For changes that no watch tells, such as those on another machine's file system. */
  private static final Duration BACKSTOP = Duration.ofSeconds(5);

  private final Path file;
  private final Consumer<Wish> wishes;
  private final @Nullable WatchService watches;
  private final Loop loop;
  private VSmmuSpec told;
  private long generation;
  private String complaint = "";

  private FileWish(
      Path file, Consumer<Wish> wishes, VSmmuFile first, @Nullable WatchService watches) {
    this.file = file;
    this.wishes = wishes;
    this.watches = watches;
    this.told = first.spec();
    wishes.accept(first.wish(++generation));
    this.loop = Loop.start("config", BACKSTOP, this::look);
  }

  /**
   * Tells the wish in the file now, and then every other one.
   *
   * @throws IOException when the file cannot be read or is not valid; the message says why
   */
  public static FileWish follow(Path file, Consumer<Wish> wishes) throws IOException {
    var watches = watch(file);
    try {
      var wish = new FileWish(file, wishes, VSmmuFile.read(file), watches);
      if (watches != null) {
        Thread.ofPlatform().daemon().name("watch " + file).start(() -> wish.listen(watches));
        wish.loop.poke(); // It may have changed before it was listened to.
      }
      return wish;
    } catch (IOException e) {
      if (watches != null) {
        watches.close();
      }
      throw e;
    }
  }

  /** The folder is watched, for editors and ConfigMaps replace the file by another. */
  private static @Nullable WatchService watch(Path file) {
    try {
      var watches = file.getFileSystem().newWatchService();
      try {
        file.toAbsolutePath()
            .resolveSibling(".")
            .normalize()
            .register(watches, ENTRY_CREATE, ENTRY_DELETE, ENTRY_MODIFY);
        return watches;
      } catch (IOException e) {
        watches.close();
        throw e;
      }
    } catch (IOException e) {
      LOG.warn("{} is looked at every {} only: {}", file, BACKSTOP, e.toString());
      return null;
    }
  }

  private void listen(WatchService watch) {
    try {
      while (true) {
        var key = watch.take();
        key.pollEvents();
        key.reset();
        loop.poke();
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      LOG.debug("no longer watching {}", file);
    }
  }

  private void look() {
    try {
      var now = VSmmuFile.read(file);
      requireSameNode(told, now.spec(), file);
      complaint = "";
      if (!now.spec().equals(told)) {
        told = now.spec();
        LOG.info("{} has changed", file);
        wishes.accept(now.wish(++generation));
      }
    } catch (IOException e) {
      var text = e.toString();
      if (!text.equals(complaint)) {
        complaint = text;
        LOG.error("{} cannot be followed, the wish before it holds: {}", file, text);
      }
    }
  }

  /** An API server has a VSmmu's node for good, too. */
  static void requireSameNode(VSmmuSpec told, VSmmuSpec now, Path file)
      throws InvalidConfigException {
    if (!now.nodeName().equals(told.nodeName())) {
      throw new InvalidConfigException(
          file.toString(),
          List.of(
              "spec.nodeName is %s and was %s, which cannot be changed while the agent runs"
                  .formatted(now.nodeName(), told.nodeName())));
    }
  }

  /** Stops following; the last wish holds. */
  @Override
  public void close() throws IOException {
    if (watches != null) {
      watches.close();
    }
    loop.close();
  }
}
