package io.vsmmu.operator.vsmmu;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.Cluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program that is shipped, as a process, with the rights that {@code deploy/base} gives. */
class PackagedOperatorIT {

  private static final int TERMINATED = 128 + 15;

  @Test
  void startsReconcilesAndStopsWhenAsked(@TempDir Path directory) throws Exception {
    try (Cluster cluster = new Cluster()) {
      cluster.admin().resource(VSmmu.of(new VSmmuSpec("n1", null, null, null))).create();
      Path log = directory.resolve("operator.log");
      int port = freePort();
      Process operator = start(cluster.kubeconfigOf(Names.OPERATOR), port, log);
      try {
        eventually()
            .untilAsserted(() -> {
              assertThat(operator.isAlive()).as(() -> read(log)).isTrue();
              assertThat(readyCondition(cluster)).isTrue();
            });
        assertThat(healthOf(port, "started")).contains("\"UP\"");
        assertThat(healthOf(port, "live")).contains("\"UP\"");
        assertThat(healthOf(port, "ready")).contains("\"UP\"");
      } finally {
        operator.destroy();
        assertThat(operator.waitFor(30, TimeUnit.SECONDS)).as(() -> read(log)).isTrue();
      }

      assertThat(operator.exitValue()).isEqualTo(TERMINATED);
      assertThat(read(log)).doesNotContain("ERROR").doesNotContain("forbidden");
    }
  }

  private static boolean readyCondition(Cluster cluster) {
    VSmmu vsmmu = cluster.admin().resources(VSmmu.class).withName("n1").get();
    return vsmmu.getStatus() != null
        && ConditionType.Ready.in(vsmmu.getStatus().conditions())
            .map(condition -> condition.getReason().equals("NodeNotFound"))
            .orElse(false);
  }

  private static Process start(Path kubeconfig, int port, Path log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx96m",
                "-jar",
                System.getProperty("operator.jar"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "KUBECONFIG", kubeconfig.toString(),
                "QUARKUS_HTTP_HOST", "127.0.0.1",
                "QUARKUS_HTTP_PORT", Integer.toString(port)));
    return builder.start();
  }

  private static String healthOf(int port, String probe) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:%d/q/health/%s".formatted(port, probe));
      return client
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
