package io.vsmmu.agent.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder with one JSON file per record. A record is on disk in full or not at all: when {@link
 * #put} returns, it survives a power cut; whatever interrupts it leaves the record as it was.
 *
 * <p>Safe for use by several threads, as long as no two write the same key at once.
 *
 * @param <T> a record type
 */
public final class StateFolder<T> {

  private static final Logger LOG = LoggerFactory.getLogger(StateFolder.class);

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          // A newer agent, which was rolled back, may have written more.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();
  private static final String SUFFIX = ".json";
  private static final String UNFINISHED = ".part";
  private static final String UNREADABLE = ".unreadable";

  private final Path folder;
  private final Class<T> type;
  private final boolean readOnly;

  private StateFolder(Path folder, Class<T> type, boolean readOnly) {
    this.folder = folder;
    this.type = type;
    this.readOnly = readOnly;
  }

  /**
   * Only looks at a folder that another process may be writing to: nothing is made, cleaned up or
   * set aside, and records can neither be put nor removed. A folder that is missing is empty.
   */
  public static <T> StateFolder<T> look(Path folder, Class<T> type) {
    return new StateFolder<>(folder, type, true);
  }

  /**
   * Opens a folder, makes it when it is missing, and removes what an interrupted write left.
   *
   * @throws IOException when the folder cannot be made or listed
   */
  public static <T> StateFolder<T> open(Path folder, Class<T> type) throws IOException {
    Files.createDirectories(folder);
    try (var unfinished = Files.newDirectoryStream(folder, "*" + UNFINISHED)) {
      for (var file : unfinished) {
        Files.delete(file);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return new StateFolder<>(folder, type, false);
  }

  /**
   * Writes a record durably, over an older one of the same key.
   *
   * @param key a file name
   * @throws IOException when it is not certain that the record is on disk
   */
  public void put(String key, T record) throws IOException {
    requireWritable();
    var part = folder.resolve(key + UNFINISHED);
    try {
      write(part, JSON.writeValueAsBytes(record));
      Files.move(part, file(key), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      try {
        Files.deleteIfExists(part);
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
    syncFolder();
  }

  private static void write(Path part, byte[] record) throws IOException {
    try (var channel =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      var bytes = ByteBuffer.wrap(record);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }

  /**
   * Removes a record durably. No-op when there is none.
   *
   * @throws IOException when it is not certain that the record is gone
   */
  public void remove(String key) throws IOException {
    requireWritable();
    if (Files.deleteIfExists(file(key))) {
      syncFolder();
    }
  }

  /**
   * All records by key. A file that is none is set aside under another name and logged: it must not
   * keep the agent from serving the others.
   *
   * @throws IOException when the folder cannot be read
   */
  public SortedMap<String, T> all() throws IOException {
    var records = new TreeMap<String, T>();
    try (var files = Files.newDirectoryStream(folder, "*" + SUFFIX)) {
      for (var file : files) {
        var name = file.getFileName().toString();
        try {
          records.put(
              name.substring(0, name.length() - SUFFIX.length()),
              JSON.readValue(Files.readAllBytes(file), type));
        } catch (NoSuchFileException e) {
          LOG.debug("{} was removed meanwhile", file);
        } catch (JsonProcessingException e) {
          if (readOnly) {
            LOG.warn("{} is no {}: {}", file, type.getSimpleName(), e.getOriginalMessage());
            continue;
          }
          var aside = file.resolveSibling(name + UNREADABLE);
          Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
          LOG.error("{} is no {}, moved to {}", file, type.getSimpleName(), aside, e);
        }
      }
    } catch (NoSuchFileException e) {
      if (!readOnly) {
        throw e;
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return records;
  }

  private void requireWritable() throws IOException {
    if (readOnly) {
      throw new IOException(folder + " was opened to look at it only");
    }
  }

  private Path file(String key) {
    return folder.resolve(key + SUFFIX);
  }

  private void syncFolder() throws IOException {
    try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
