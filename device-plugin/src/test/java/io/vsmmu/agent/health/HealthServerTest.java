package io.vsmmu.agent.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HealthServerTest {
  private volatile Readiness readiness = new Readiness(false, List.of("[-] vsmmu.io/nic: why"));
  private volatile boolean broken;
  private final HttpClient client = HttpClient.newHttpClient();
  private HealthServer server;

  @BeforeEach
  void start() throws IOException {
    server = HealthServer.start(loopback(0), this::readiness, () -> "devices 3\n");
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void livesAsLongAsItAnswers() throws Exception {
    assertThat(get("/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void saysWhyItIsNotReadyAndWhenItIs() throws Exception {
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body()).isEqualTo("[-] vsmmu.io/nic: why\nnot ready\n");

    readiness = new Readiness(true, List.of("[+] vsmmu.io/nic: held"));

    assertThat(get("/readyz").statusCode()).isEqualTo(200);
    assertThat(get("/readyz").body()).isEqualTo("[+] vsmmu.io/nic: held\nready\n");
  }

  @Test
  void servesMetricsInPrometheusFormat() throws Exception {
    var metrics = get("/metrics");

    assertThat(metrics.body()).isEqualTo("devices 3\n");
    assertThat(metrics.headers().firstValue("Content-Type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
  }

  @Test
  void knowsNoOtherPage() throws Exception {
    for (var path : List.of("/", "/livez/", "/metricsx", "/../etc/passwd")) {
      assertThat(get(path).statusCode()).as(path).isEqualTo(404);
    }
  }

  @Test
  void letsNobodyWrite() throws Exception {
    var post =
        HttpRequest.newBuilder(uri("/readyz"))
            .POST(HttpRequest.BodyPublishers.ofString("x"))
            .build();

    var answer = client.send(post, BodyHandlers.ofString());

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("Allow")).hasValue("GET, HEAD");
  }

  @Test
  void aPageThatFailsDoesNotEndIt() throws Exception {
    broken = true;

    assertThat(get("/readyz").statusCode()).isEqualTo(500);
    assertThat(get("/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void clientsThatSayNothingKeepNobodyFromAProbe() throws Exception {
    var silent = new ArrayList<Socket>();
    try {
      for (int i = 0; i < 20; i++) {
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket.getOutputStream().write("GET /livez HT".getBytes(StandardCharsets.US_ASCII));
        silent.add(socket);
      }
      assertThat(get("/livez").statusCode()).isEqualTo(200);
    } finally {
      for (var socket : silent) {
        socket.close();
      }
    }
  }

  @Test
  void namesThePortThatIsTakenAndTheCure() {
    assertThatThrownBy(() -> HealthServer.start(loopback(server.port()), () -> readiness, () -> ""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(Integer.toString(server.port()))
        .hasMessageContaining("--http-port");
  }

  private Readiness readiness() {
    if (broken) {
      throw new IllegalStateException("for the test");
    }
    return readiness;
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create(
        "http://%s:%d%s"
            .formatted(InetAddress.getLoopbackAddress().getHostAddress(), server.port(), path));
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }
}
