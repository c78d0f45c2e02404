package io.vsmmu.lab.apiserver;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Whether an API server that listens is ready, and has made what everything starts from. */
final class Readiness {

  private static final Duration ANSWER = Duration.ofSeconds(2);
  private static final Duration POLL = Duration.ofMillis(50);

  private Readiness() {}

  /**
   * Waits until the server says so itself; it tells nobody by itself.
   *
   * @param certificate file with the server's certificate
   */
  static void await(Child program, URI server, Path certificate, String token, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    try (HttpClient client = HttpClient.newBuilder().sslContext(trusting(certificate)).build()) {
      while (!answersOk(client, authorized(server.resolve("/readyz"), token))
          || !answersOk(client, authorized(server.resolve("/api/v1/namespaces/default"), token))) {
        if (!program.isAlive() || System.nanoTime() > deadline) {
          throw new IllegalStateException(
              "%s did not get ready within %s: %s"
                  .formatted(program.name(), limit, program.logTail()));
        }
        Thread.sleep(POLL);
      }
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("cannot ask the API server at " + server, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a server started", e);
    }
  }

  private static HttpRequest.Builder authorized(URI uri, String token) {
    return HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + token);
  }

  private static boolean answersOk(HttpClient client, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    try {
      return client
              .send(request.timeout(ANSWER).build(), HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (HttpTimeoutException e) {
      // Busy with its start; the caller asks again, and knows when to stop.
      return false;
    }
  }

  private static SSLContext trusting(Path certificates)
      throws IOException, GeneralSecurityException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    try (InputStream pem = Files.newInputStream(certificates)) {
      int index = 0;
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        trusted.setCertificateEntry("server-" + index++, certificate);
      }
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    return context;
  }
}
