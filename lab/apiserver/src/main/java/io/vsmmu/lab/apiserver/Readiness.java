package io.vsmmu.lab.apiserver;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Asks a server that is starting whether it serves yet. */
final class Readiness {

  private static final Duration ANSWER = Duration.ofSeconds(2);

  private Readiness() {}

  /** Whether etcd at this address says that it is healthy. */
  static boolean ofEtcd(URI etcd) throws InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return answersOk(client, HttpRequest.newBuilder(etcd.resolve("/health")));
    }
  }

  /**
   * Whether the API server at this address is ready, and has made the namespace that everything
   * starts from.
   *
   * @param certificate file that the server writes its own certificate to, when it gets there
   */
  static boolean ofApiServer(URI server, Path certificate, String token)
      throws InterruptedException {
    if (!Files.exists(certificate)) {
      return false;
    }
    try (HttpClient client = HttpClient.newBuilder().sslContext(trusting(certificate)).build()) {
      return answersOk(client, authorized(server.resolve("/readyz"), token))
          && answersOk(client, authorized(server.resolve("/api/v1/namespaces/default"), token));
    } catch (IOException | GeneralSecurityException e) {
      // The file is still being written.
      return false;
    }
  }

  private static HttpRequest.Builder authorized(URI uri, String token) {
    return HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + token);
  }

  private static boolean answersOk(HttpClient client, HttpRequest.Builder request)
      throws InterruptedException {
    try {
      return client
              .send(request.timeout(ANSWER).build(), HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      // Not listening yet; the caller asks again, and knows when to stop.
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
