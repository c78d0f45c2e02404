package io.vsmmu.iommufd.topology;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The kernel's own sysfs: a write to the file is the request. */
record FileSysfs(Path root) implements Sysfs {

  @Override
  public void write(String attribute, String value) throws IOException {
    try {
      // Neither CREATE nor TRUNCATE: sysfs knows neither.
      Files.write(
          root.resolve(attribute),
          value.getBytes(StandardCharsets.US_ASCII),
          StandardOpenOption.WRITE);
    } catch (NoSuchFileException e) {
      throw refused(attribute, value, "no such attribute", e);
    } catch (AccessDeniedException e) {
      // Its message is the path.
      throw refused(attribute, value, "permission denied", e);
    } catch (IOException e) {
      throw refused(attribute, value, String.valueOf(e.getMessage()), e);
    }
  }

  private IOException refused(String attribute, String value, String cause, IOException from) {
    return new IOException(
        "cannot write '%s' to %s: %s".formatted(value, root.resolve(attribute), cause), from);
  }
}
