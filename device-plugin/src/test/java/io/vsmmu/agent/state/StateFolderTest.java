package io.vsmmu.agent.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFolderTest {

  record Note(String text, List<String> words, @Nullable Integer number) {}

  private static final Note NOTE = new Note("hello", List.of("a", "b"), null);

  @TempDir Path parent;
  private Path path;
  private StateFolder<Note> folder;

  @BeforeEach
  void open() throws IOException {
    path = parent.resolve("notes");
    folder = StateFolder.open(path, Note.class);
  }

  @Test
  void whatWasPutIsThereAfterARestart() throws IOException {
    folder.put("0000:09:00.0", NOTE);

    assertThat(StateFolder.open(path, Note.class).all()).isEqualTo(Map.of("0000:09:00.0", NOTE));
  }

  @Test
  void theLatestOfAKeyCounts() throws IOException {
    folder.put("key", NOTE);
    folder.put("key", new Note("bye", List.of(), 1));

    assertThat(folder.all())
        .containsOnlyKeys("key")
        .containsEntry("key", new Note("bye", List.of(), 1));
  }

  @Test
  void whatANewerAgentWroteIsReadAsFarAsItIsKnown() throws IOException {
    Files.writeString(
        path.resolve("key.json"), "{\"text\":\"hello\",\"words\":[\"a\",\"b\"],\"mood\":\"fine\"}");

    assertThat(folder.all()).isEqualTo(Map.of("key", NOTE));
  }

  @Test
  void whatWasRemovedIsGone() throws IOException {
    folder.put("key", NOTE);
    folder.remove("key");
    folder.remove("key");

    assertThat(folder.all()).isEmpty();
    assertThat(path).isEmptyDirectory();
  }

  @Test
  void whoOnlyLooksDisturbsNoOtherProcess() throws IOException {
    folder.put("key", NOTE);
    Files.writeString(path.resolve("other.json.part"), "{");
    Files.writeString(path.resolve("broken.json"), "{");
    var looking = StateFolder.look(path, Note.class);

    assertThat(looking.all()).isEqualTo(Map.of("key", NOTE));
    assertThat(path.resolve("other.json.part")).exists();
    assertThat(path.resolve("broken.json")).exists();
    assertThatThrownBy(() -> looking.put("key", NOTE)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> looking.remove("key")).isInstanceOf(IOException.class);
    assertThat(folder.all()).containsOnlyKeys("key");
  }

  @Test
  void aFolderThatIsMissingLooksEmptyAndIsNotMade() throws IOException {
    var missing = parent.resolve("missing");

    assertThat(StateFolder.look(missing, Note.class).all()).isEmpty();
    assertThat(missing).doesNotExist();
  }

  @Test
  void aWriteThatWasInterruptedLeavesTheRecordAsItWas() throws IOException {
    folder.put("key", NOTE);
    Files.writeString(path.resolve("key.part"), "{\"text\":\"hal");

    assertThat(StateFolder.open(path, Note.class).all()).containsEntry("key", NOTE);
    assertThat(path.resolve("key.part")).doesNotExist();
  }

  /** As that of an Allocate is which kubelet does not wait for any longer. */
  @Test
  void aWriteThatFailsLeavesNothing() {
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> folder.put("key", NOTE))
          .isInstanceOf(ClosedByInterruptException.class);
    } finally {
      var _ = Thread.interrupted();
    }
    assertThat(path).isEmptyDirectory();
  }

  @Test
  void aFileThatIsNoRecordDoesNotHideTheOthers() throws IOException {
    folder.put("good", NOTE);
    Files.writeString(path.resolve("bad.json"), "not json");

    assertThat(folder.all()).containsOnlyKeys("good");
    assertThat(path.resolve("bad.json.unreadable")).hasContent("not json");
    assertThat(path.resolve("bad.json")).doesNotExist();
  }

  @Test
  void aFolderThatCannotBeWrittenSaysSo() throws IOException {
    Files.delete(path);

    assertThatThrownBy(() -> folder.put("key", NOTE))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("key");
  }
}
