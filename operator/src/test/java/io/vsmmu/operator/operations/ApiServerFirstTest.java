package io.vsmmu.operator.operations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApiServerFirstTest {

  /** One that the client itself does not try again on. */
  private static final int NOT_YET = 403;

  private final AtomicInteger questions = new AtomicInteger();
  private volatile int answersFrom;

  private HttpServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/version", this::answer);
    server.start();
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder()
                    .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                    .build())
            .build();
  }

  @AfterEach
  void stop() {
    client.close();
    server.stop(0);
  }

  @Test
  void theStartWaitsUntilTheApiServerAnswers() throws Exception {
    answersFrom = 3;

    new ApiServerFirst(Duration.ofMinutes(1), Duration.ofMillis(1)).await(client);

    assertThat(questions).hasValue(3);
  }

  @Test
  void whoNeverAnswersIsLeftToTheFrameworkWhichSaysWhy() throws Exception {
    answersFrom = Integer.MAX_VALUE;

    new ApiServerFirst(Duration.ZERO, Duration.ofMillis(1)).await(client);

    assertThat(questions).hasValue(1);
  }

  private void answer(HttpExchange exchange) throws IOException {
    boolean answers = questions.incrementAndGet() >= answersFrom;
    byte[] body = "{\"major\":\"1\",\"minor\":\"37\",\"gitVersion\":\"v1.37.2\"}".getBytes(UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(answers ? 200 : NOT_YET, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }
}
