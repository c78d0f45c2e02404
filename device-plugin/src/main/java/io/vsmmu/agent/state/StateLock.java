package io.vsmmu.agent.state;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Says that an agent is at work with a state folder: two would bind, probe and hand out the same
 * devices. The kernel takes it from a process that is killed.
 */
public final class StateLock implements AutoCloseable {

  private static final String FILE = "lock";

  private final FileChannel channel;

  private StateLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock.
   *
   * @param folder made when it is missing
   * @throws IOException when another process has it, or the folder cannot be written
   */
  public static StateLock take(Path folder) throws IOException {
    Files.createDirectories(folder);
    var file = folder.resolve(FILE);
    var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (!tryLock(channel)) {
        throw new IOException(
            "another agent is at work with %s; stop it first (fuser %s tells which)"
                .formatted(folder, file));
      }
      return new StateLock(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Whether an agent is at work with a folder.
   *
   * @throws IOException when that cannot be told
   */
  public static boolean isTaken(Path folder) throws IOException {
    try (var channel = FileChannel.open(folder.resolve(FILE), StandardOpenOption.WRITE)) {
      return !tryLock(channel);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // This very process has it.
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
