package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.HandoffPoints;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The folder with a directory per allocation, which is mounted into one container. */
final class HandoffFolder {
  private static final Logger LOG = LoggerFactory.getLogger(HandoffFolder.class);
  private static final Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][-_.A-Za-z0-9]{0,63}");

  /** A listener makes its socket under the second name before it moves it to the first. */
  private static final List<String> FILES =
      List.of(
          HandoffPoints.SOCKET,
          HandoffPoints.SOCKET + ".new",
          HandoffPoints.KUBEVIRT_SOCKET,
          HandoffPoints.KUBEVIRT_SOCKET + ".new");

  private final Path folder;

  HandoffFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * The directory of an allocation, which may not exist.
   *
   * @throws IllegalArgumentException when the name leads elsewhere
   */
  Path directory(String allocation) {
    if (!FILE_NAME.matcher(allocation).matches()) {
      throw new IllegalArgumentException("not fit for a directory's name: " + allocation);
    }
    return folder.resolve(allocation);
  }

  /** Makes the directory of an allocation, which only its container gets to see. */
  Path make(String allocation) throws IOException {
    Path directory = directory(allocation);
    Files.createDirectories(folder);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    Files.createDirectories(directory);
    // The container's user looks the socket up in it.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    return directory;
  }

  /** Removes the directory of an allocation; no-op when there is none. */
  void remove(String allocation) {
    remove(directory(allocation));
  }

  /** Removes the directories of all but these allocations. */
  void removeAllBut(Set<String> allocations) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (var directories =
        Files.newDirectoryStream(
            folder,
            each ->
                Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)
                    && !allocations.contains(each.getFileName().toString()))) {
      for (var directory : directories) {
        LOG.info("{} belongs to no allocation and is removed", directory);
        remove(directory);
      }
    } catch (IOException | DirectoryIteratorException e) {
      LOG.warn("what a former agent left in {} stays: {}", folder, e.toString());
    }
  }

  private static void remove(Path directory) {
    try {
      for (var file : FILES) {
        Files.deleteIfExists(directory.resolve(file));
      }
      Files.deleteIfExists(directory);
    } catch (NotDirectoryException e) {
      LOG.warn("{} is no directory and stays", directory);
    } catch (IOException e) {
      LOG.warn("{} stays: {}", directory, e.toString());
    }
  }
}
