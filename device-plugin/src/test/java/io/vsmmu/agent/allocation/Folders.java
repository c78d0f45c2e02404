package io.vsmmu.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** What tests ask of folders. */
final class Folders {

  private Folders() {}

  static void delete(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** It is empty, or there is none. */
  static void assertNoEntries(Path folder) throws IOException {
    if (Files.exists(folder)) {
      assertThat(folder).isEmptyDirectory();
    }
  }

  static int uid(Path file) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:uid");
  }

  /** Somebody whom this process can give files to: KubeVirt's user, for root; else itself. */
  static int anotherUser(Path own) throws IOException {
    return uid(own) == 0 ? 107 : uid(own);
  }
}
