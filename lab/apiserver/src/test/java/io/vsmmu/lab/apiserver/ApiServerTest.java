package io.vsmmu.lab.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
      // Readiness asked for it as admin.
      Awaitility.await()
          .untilAsserted(() ->
              assertThat(server.auditLog())
                  .content()
                  .contains("\"requestURI\":\"/api/v1/namespaces/default\""));
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
  void aChildEndsWithTheProcessThatHoldsItsPipe(@TempDir Path directory) throws Exception {
    Path pidFile = directory.resolve("pid");
    Child child =
        Child.start(
            "sleep",
            directory,
            List.of("sh", "-c", "echo $$ >" + pidFile + "; echo written; exec sleep 1000"));
    child.awaitLine("written", Duration.ofMinutes(1));
    long pid = Long.parseLong(Files.readString(pidFile).strip());
    assertThat(ProcessHandle.of(pid)).isPresent();

    child.close();

    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void theLogOfAServerThatFailsIsAtHand(@TempDir Path directory) {
    Child child =
        Child.start("broken", directory, List.of("sh", "-c", "echo 'no such option'; exit 3"));
    assertThatThrownBy(() -> child.awaitLine("ready", Duration.ofMinutes(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("broken ended before it wrote 'ready'")
        .hasMessageContaining("no such option");

    assertThat(child.isAlive()).isFalse();
    assertThat(child.logTail()).contains("no such option");
    child.close();
  }

  @Test
  void aLineIsAwaitedWhetherItWasWrittenOrNot(@TempDir Path directory) throws Exception {
    Path signal = directory.resolve("signal");
    try (Child child =
        Child.start(
            "writer",
            directory,
            List.of(
                "sh",
                "-c",
                "mkfifo %1$s; echo made; read line <%1$s; echo $line".formatted(signal)))) {
      child.awaitLine("made", Duration.ofMinutes(1));
      child.awaitLine("made", Duration.ofMinutes(1));
      Files.writeString(signal, "signalled\n");
      child.awaitLine("signalled", Duration.ofMinutes(1));
    }
  }
}
