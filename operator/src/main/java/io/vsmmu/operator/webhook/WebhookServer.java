package io.vsmmu.operator.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the API server over TLS; the certificate can be changed while it does. */
final class WebhookServer {

  static final String PATH = "/mutate-kubevirt-io-v1-virtualmachineinstance";

  private static final Logger log = LoggerFactory.getLogger(WebhookServer.class);

  private static final String JSON = "application/json";
  private static final int IDLE_SECONDS = 120;
  private static final long START_SECONDS = 10;

  /** An object of the API is at most a few megabytes. */
  private static final long LONGEST_BODY = 8L << 20;

  private final Vertx vertx;
  private final String host;
  private final int port;
  private final Admission admission;

  private volatile @Nullable HttpServer server;
  private @Nullable ServerIdentity served;

  /** A server that has not started. */
  WebhookServer(Vertx vertx, String host, int port, Admission admission) {
    this.vertx = vertx;
    this.host = host;
    this.port = port;
    this.admission = admission;
  }

  /**
   * Serves with this identity from now on; returns when it does.
   *
   * @throws IllegalStateException if it cannot: the port is taken, or certificate and key are not a
   *     pair
   */
  synchronized void serve(ServerIdentity identity) {
    if (identity.equals(served)) {
      return;
    }
    PemKeyCertOptions pem =
        new PemKeyCertOptions()
            .addCertValue(Buffer.buffer(identity.certificate().getBytes(US_ASCII)))
            .addKeyValue(Buffer.buffer(identity.key().getBytes(US_ASCII)));
    HttpServerOptions options =
        new HttpServerOptions()
            .setSsl(true)
            .setKeyCertOptions(pem)
            .setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3"))
            .setIdleTimeout(IDLE_SECONDS);
    HttpServer running = server;
    if (running == null) {
      HttpServer starting = vertx.createHttpServer(options).requestHandler(this::handle);
      await("listen at %s:%d".formatted(host, port), starting.listen(port, host));
      server = starting;
      log.info("the webhook listens at {}:{}", host, port);
    } else {
      await("change its certificate", running.updateSSLOptions(options.getSslOptions()));
      log.info("the webhook shows a new certificate");
    }
    served = identity;
  }

  boolean isServing() {
    return server != null;
  }

  synchronized void stop() {
    HttpServer running = server;
    if (running != null) {
      server = null;
      served = null;
      await("stop", running.close());
    }
  }

  private static void await(String what, Future<?> future) {
    try {
      future.toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(
          "the webhook's server cannot %s: %s".formatted(what, e.getCause()), e);
    } catch (TimeoutException e) {
      throw new IllegalStateException(
          "the webhook's server did not %s within %d s".formatted(what, START_SECONDS), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the webhook's server was to " + what, e);
    }
  }

  private void handle(HttpServerRequest request) {
    Optional<HttpResponseStatus> refusal = refusal(request);
    if (refusal.isPresent()) {
      request.response().setStatusCode(refusal.get().code()).end(refusal.get().reasonPhrase());
      return;
    }
    request
        .body()
        .onSuccess(body -> answer(request, body))
        .onFailure(failure -> log.warn("a question broke off", failure));
  }

  private static Optional<HttpResponseStatus> refusal(HttpServerRequest request) {
    if (!PATH.equals(request.path())) {
      return Optional.of(HttpResponseStatus.NOT_FOUND);
    }
    if (request.method() != HttpMethod.POST) {
      return Optional.of(HttpResponseStatus.METHOD_NOT_ALLOWED);
    }
    String length = request.getHeader("Content-Length");
    if (length == null) {
      return Optional.of(HttpResponseStatus.LENGTH_REQUIRED);
    }
    return Long.parseLong(length) > LONGEST_BODY
        ? Optional.of(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE)
        : Optional.empty();
  }

  private void answer(HttpServerRequest request, Buffer body) {
    try {
      byte[] answer = admission.answer(body.getBytes());
      request.response().putHeader("Content-Type", JSON).end(Buffer.buffer(answer));
    } catch (IllegalArgumentException e) {
      request
          .response()
          .setStatusCode(HttpResponseStatus.BAD_REQUEST.code())
          .end(String.valueOf(e.getMessage()));
    }
  }
}
