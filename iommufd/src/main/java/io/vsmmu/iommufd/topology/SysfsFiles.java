package io.vsmmu.iommufd.topology;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The reads that a look at sysfs is made of; each is one file, link or folder. Threads share it.
 */
interface SysfsFiles {

  /** The file system itself. */
  SysfsFiles REAL =
      new SysfsFiles() {
        @Override
        public List<String> list(Path folder) throws IOException {
          try (var entries = Files.newDirectoryStream(folder)) {
            var names = new ArrayList<String>();
            entries.forEach(entry -> names.add(entry.getFileName().toString()));
            return names;
          } catch (DirectoryIteratorException e) {
            throw e.getCause();
          }
        }

        @Override
        public String read(Path file) throws IOException {
          return Files.readString(file, StandardCharsets.ISO_8859_1);
        }

        @Override
        public Path target(Path link) throws IOException {
          return Files.readSymbolicLink(link);
        }
      };

  /**
   * The names in a folder.
   *
   * @throws NotDirectoryException when it is none
   */
  List<String> list(Path folder) throws IOException;

  /** The bytes of a file, one character each. */
  String read(Path file) throws IOException;

  /**
   * Where a link points.
   *
   * @throws java.nio.file.NotLinkException when it is none
   */
  Path target(Path link) throws IOException;
}
