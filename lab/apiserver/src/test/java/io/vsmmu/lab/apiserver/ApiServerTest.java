package io.vsmmu.lab.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiServerTest {

  @Test
  void servesUntilClosedAndLeavesNothing() throws Exception {
    Path directory;
    try (ApiServer server = ApiServer.start()) {
      directory = server.kubeconfig().getParent();
      assertThat(server.kubeconfig()).content().contains(server.url().toString());
      assertThat(server.url().getHost()).isEqualTo("127.0.0.1");
    }

    assertThat(directory).doesNotExist();
  }

  @Test
  void missingProgramsAreNamedWithTheCommandThatBuildsThem() {
    assertThatThrownBy(() -> Binaries.find(Map.of("KUBEBUILDER_ASSETS", "/nowhere")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("KUBEBUILDER_ASSETS=/nowhere")
        .hasMessageContaining("lab/controlplane/build --for tests");
  }

  @Test
  void aChildEndsWithTheProcessThatHoldsItsPipe(@TempDir Path directory) throws IOException {
    Path pidFile = directory.resolve("pid");
    Child child =
        Child.start(
            "sleep", directory, List.of("sh", "-c", "echo $$ >" + pidFile + "; exec sleep 1000"));
    Awaitility.await().until(() -> Files.exists(pidFile) && Files.size(pidFile) > 1);
    long pid = Long.parseLong(Files.readString(pidFile).strip());
    assertThat(ProcessHandle.of(pid)).isPresent();

    child.close();

    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void theLogOfAServerThatFailsIsAtHand(@TempDir Path directory) {
    Child child =
        Child.start("broken", directory, List.of("sh", "-c", "echo 'no such option'; exit 3"));
    Awaitility.await().until(() -> !child.isAlive());

    assertThat(child.logTail()).contains("no such option");
    child.close();
  }
}
