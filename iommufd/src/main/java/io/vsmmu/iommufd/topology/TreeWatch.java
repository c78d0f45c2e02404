package io.vsmmu.iommufd.topology;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.WatchService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Watches the folders of functions and drivers, and each function's own folder and VFIO nodes. */
final class TreeWatch implements TopologyChanges.Watch {

  private static final Logger LOG = LoggerFactory.getLogger(TreeWatch.class);

  private final Path sysfs;
  private final Runnable changed;
  private final WatchService watches;
  private final Thread thread;

  private TreeWatch(Path sysfs, Runnable changed, WatchService watches) {
    this.sysfs = sysfs;
    this.changed = changed;
    this.watches = watches;
    this.thread = Thread.ofPlatform().daemon().name("watch " + sysfs).unstarted(this::run);
  }

  static TreeWatch start(Path sysfs, Runnable changed) throws IOException {
    var watch = new TreeWatch(sysfs, changed, sysfs.getFileSystem().newWatchService());
    try {
      watch.watchAll();
    } catch (IOException | RuntimeException e) {
      watch.watches.close();
      throw e;
    }
    watch.thread.start();
    return watch;
  }

  /** Watches what is there now; watching a folder twice is watching it once. */
  private void watchAll() throws IOException {
    var devices = sysfs.resolve(SysfsRecorder.DEVICES);
    watch(devices);
    watch(sysfs.resolve("bus/pci/drivers"));
    for (var name : SysfsFiles.REAL.list(devices)) {
      watch(devices.resolve(name));
      watch(devices.resolve(name).resolve("vfio-dev"));
    }
  }

  private void watch(Path folder) throws IOException {
    try {
      folder.toRealPath().register(watches, ENTRY_CREATE, ENTRY_DELETE);
    } catch (NoSuchFileException | NotDirectoryException e) {
      // Gone meanwhile, or not there yet; the folder above tells when it comes.
      LOG.debug("not watching {}: {}", folder, e.toString());
    }
  }

  private void run() {
    try {
      while (true) {
        var key = watches.take();
        key.pollEvents();
        key.reset();
        if (Files.isDirectory(sysfs)) {
          watchAll();
        }
        changed.run();
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      LOG.debug("no longer watching {}", sysfs);
    } catch (IOException e) {
      LOG.warn("{} is watched no longer, only looked at now and then: {}", sysfs, e.toString());
    }
  }

  @Override
  public void close() {
    try {
      watches.close();
    } catch (IOException e) {
      LOG.warn("the watch of {} did not close: {}", sysfs, e.toString());
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
