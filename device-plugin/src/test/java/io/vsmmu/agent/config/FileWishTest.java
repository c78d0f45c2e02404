package io.vsmmu.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.inventory.Wish;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileWishTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;
  private Path file;
  private final List<Wish> wishes = new CopyOnWriteArrayList<>();

  @BeforeEach
  void aFile() throws IOException {
    file = folder.resolve("node.yaml");
    write("vsmmu.io/one");
  }

  @Test
  void theWishInTheFileIsToldAtOnceAndEveryOtherOne() throws IOException {
    try (var _ = FileWish.follow(file, wishes::add)) {
      assertThat(wishes).singleElement().extracting(Wish::generation).isEqualTo(1L);

      write("vsmmu.io/two");
      await().atMost(PATIENCE).until(() -> resource().equals("vsmmu.io/two"));
      assertThat(wishes.getLast().generation()).isEqualTo(2L);

      var other = folder.resolve("other");
      Files.writeString(other, text("vsmmu.io/three"));
      Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
      await().atMost(PATIENCE).until(() -> resource().equals("vsmmu.io/three"));
    }
  }

  @Test
  void aFileThatIsNotValidOrGoneLeavesTheWishAsItWas() throws IOException {
    try (var _ = FileWish.follow(file, wishes::add)) {
      Files.writeString(file, "kind: Pod");
      Files.delete(file);
      write("vsmmu.io/two");
      await().atMost(PATIENCE).until(() -> resource().equals("vsmmu.io/two"));
      assertThat(wishes).hasSize(2);
    }
  }

  @Test
  void theFileOfAnotherNodeIsNotFollowed() throws IOException {
    var told = VSmmuFile.read(file).spec();
    Files.writeString(file, text("vsmmu.io/two"));
    FileWish.requireSameNode(told, VSmmuFile.read(file).spec(), file);

    Files.writeString(file, text("vsmmu.io/two").replace("node-1", "node-2"));
    var other = VSmmuFile.read(file).spec();
    assertThatThrownBy(() -> FileWish.requireSameNode(told, other, file))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("spec.nodeName is node-2 and was node-1");
  }

  @Test
  void aFileThatIsNotValidFromTheStartIsRefused() throws IOException {
    Files.writeString(file, "kind: Pod");
    assertThatThrownBy(() -> FileWish.follow(file, wishes::add))
        .isInstanceOf(InvalidConfigException.class);

    Files.delete(file);
    assertThatThrownBy(() -> FileWish.follow(file, wishes::add))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(wishes).isEmpty();
  }

  private String resource() {
    return wishes.getLast().resources().getFirst().name();
  }

  private void write(String resource) throws IOException {
    Files.writeString(file, text(resource));
  }

  private static String text(String resource) {
    return """
    apiVersion: vsmmu.io/v1alpha1
    kind: VSmmu
    spec:
      nodeName: node-1
      resources:
      - name: %s
        selectors: [{vendor: "8086"}]
    """
        .formatted(resource);
  }
}
