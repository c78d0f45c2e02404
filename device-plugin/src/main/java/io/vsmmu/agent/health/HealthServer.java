package io.vsmmu.agent.health;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code /livez}, {@code /readyz} and {@code /metrics}, plain text over HTTP/1.1 without
 * authentication: nothing in it is secret, and nothing can be changed through it. A client that is
 * slow holds a virtual thread and no other client.
 */
public final class HealthServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HealthServer.class);

  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
  private static final int BACKLOG = 16;

  private final HttpServer server;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("http ", 0).factory());

  private HealthServer(HttpServer server) {
    this.server = server;
  }

  /**
   * Starts to serve.
   *
   * @param address where; port 0 for any that is free, see {@link #port}
   * @param readiness asked at every {@code /readyz}
   * @param metrics asked at every {@code /metrics}
   * @throws IOException when the address is taken or not this machine's; the message names it
   */
  public static HealthServer start(
      InetSocketAddress address, Supplier<Readiness> readiness, Supplier<String> metrics)
      throws IOException {
    HttpServer http;
    try {
      http = HttpServer.create(address, BACKLOG);
    } catch (IOException e) {
      throw new IOException(
          "cannot serve health and metrics on %s: %s; choose another --http-port"
              .formatted(address, e.getMessage()),
          e);
    }
    var health = new HealthServer(http);
    http.setExecutor(health.threads);
    http.createContext("/", health.page("/", () -> NOT_FOUND));
    // Answering at all is what it is about: every stuck or dead part ends the process.
    http.createContext("/livez", health.page("/livez", () -> new Page(200, TEXT, "ok\n")));
    http.createContext("/readyz", health.page("/readyz", () -> page(readiness.get())));
    http.createContext(
        "/metrics", health.page("/metrics", () -> new Page(200, PROMETHEUS, metrics.get())));
    http.start();
    return health;
  }

  /** The port that is served. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private record Page(int status, String type, String text) {}

  private static final Page NOT_FOUND =
      new Page(404, TEXT, "there are /livez, /readyz and /metrics\n");

  private static Page page(Readiness readiness) {
    return new Page(
        readiness.ready() ? 200 : 503,
        TEXT,
        String.join("\n", readiness.reasons())
            + (readiness.ready() ? "\nready\n" : "\nnot ready\n"));
  }

  private HttpHandler page(String path, Supplier<Page> page) {
    return exchange -> {
      try (exchange) {
        answer(exchange, path, page);
      } catch (IOException e) {
        LOG.debug("a client of {} went away: {}", path, e.toString());
      }
    };
  }

  private static void answer(HttpExchange exchange, String path, Supplier<Page> source)
      throws IOException {
    Page page = isExactly(path, exchange) ? asked(exchange, path, source) : NOT_FOUND;
    byte[] body = page.text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", page.type);
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(page.status, head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  /** The server takes a path for the start of one. */
  private static boolean isExactly(String path, HttpExchange exchange) {
    return exchange.getRequestURI().getPath().equals(path);
  }

  private static Page asked(HttpExchange exchange, String path, Supplier<Page> source) {
    return switch (exchange.getRequestMethod()) {
      case "GET", "HEAD" -> made(path, source);
      default -> {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        yield new Page(405, TEXT, "GET or HEAD only\n");
      }
    };
  }

  private static Page made(String path, Supplier<Page> source) {
    try {
      return source.get();
    } catch (RuntimeException e) {
      LOG.error("{} cannot be answered", path, e);
      return new Page(500, TEXT, "failed: " + e + "\n");
    }
  }
}
