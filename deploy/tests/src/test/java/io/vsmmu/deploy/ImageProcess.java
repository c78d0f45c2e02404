package io.vsmmu.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A program of the operator's image as a process, with the rights of its pod's ServiceAccount. */
final class ImageProcess implements AutoCloseable {

  private final Process process;
  private final Path log;

  private ImageProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts one.
   *
   * @param command the script's path in the image
   * @param folder takes its log
   */
  static ImageProcess start(
      String command,
      List<String> arguments,
      ApiServer server,
      KubernetesClient client,
      String serviceAccount,
      Path folder)
      throws IOException {
    String token =
        client
            .serviceAccounts()
            .inNamespace("vsmmu-system")
            .withName(serviceAccount)
            .tokenRequest(new TokenRequestBuilder().withNewSpec().endSpec().build())
            .getStatus()
            .getToken();
    String script =
        Files.readString(Sources.TOP.resolve("images/operator" + command))
            .replace("/app/", Sources.TOP.resolve("operator/target/quarkus-app") + "/");
    List<String> line = new ArrayList<>(List.of("sh", "-c", script, command));
    line.addAll(arguments);
    Path log = folder.resolve(serviceAccount + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
    var environment = builder.environment();
    environment.put("KUBECONFIG", server.kubeconfig(serviceAccount, token).toString());
    environment.put("PATH", Path.of(System.getProperty("java.home"), "bin") + ":/usr/bin:/bin");
    environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    environment.put("QUARKUS_HTTP_PORT", "0");
    return new ImageProcess(builder.start(), log);
  }

  void assertAlive() {
    assertThat(process.isAlive()).as(this::log).isTrue();
  }

  int awaitEnd() throws InterruptedException {
    return process.waitFor();
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + log, e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
