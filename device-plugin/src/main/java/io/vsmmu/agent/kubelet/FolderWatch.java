package io.vsmmu.agent.kubelet;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rings the bell when a file appears in or vanishes from a folder. Where inotify is exhausted or
 * the folder is not there, nothing rings, and the bell's own backstop has to do.
 */
final class FolderWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FolderWatch.class);

  private final @Nullable WatchService watches;

  private FolderWatch(@Nullable WatchService watches) {
    this.watches = watches;
  }

  static FolderWatch start(Path folder, Bell bell) {
    WatchService watches = null;
    try {
      watches = folder.getFileSystem().newWatchService();
      folder.register(watches, ENTRY_CREATE, ENTRY_DELETE);
    } catch (IOException e) {
      LOG.warn("cannot watch {} ({}): looking at it every second instead", folder, e.toString());
    }
    if (watches != null) {
      var events = watches;
      Thread.ofPlatform().daemon().name("watch " + folder).start(() -> run(events, bell));
    }
    return new FolderWatch(watches);
  }

  private static void run(WatchService watches, Bell bell) {
    try {
      while (true) {
        WatchKey key = watches.take();
        key.pollEvents();
        key.reset();
        bell.ring();
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      LOG.debug("no longer watching: {}", e.toString());
    }
  }

  @Override
  public void close() throws IOException {
    if (watches != null) {
      watches.close();
    }
  }
}
