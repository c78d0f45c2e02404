package io.vsmmu.lab.apiserver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/**
 * An etcd and a kube-apiserver with RBAC, empty, on loopback ports that were free. {@link #close}
 * ends both and removes their data; so does the end of this process, however it ends.
 */
public final class ApiServer implements AutoCloseable {

  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  private static final String AUDIT_POLICY =
      """
      apiVersion: audit.k8s.io/v1
      kind: Policy
      omitStages: [RequestReceived]
      rules:
      - level: None
        users: ["system:apiserver"]
      - level: None
        nonResourceURLs: ["*"]
      - level: Metadata
      """;

  // Between the search for free ports and their use another process may take one.
  private static final int ATTEMPTS = 3;

  private final Path directory;
  private final URI url;
  private final String token;
  private final Child etcd;
  private final Child kubeApiServer;

  private ApiServer(Path directory, URI url, String token, Child etcd, Child kubeApiServer) {
    this.directory = directory;
    this.url = url;
    this.token = token;
    this.etcd = etcd;
    this.kubeApiServer = kubeApiServer;
  }

  /**
   * Starts both and waits until the API is ready, which takes some seconds.
   *
   * @throws IllegalStateException if the programs are not found or do not come up; the message has
   *     the cure or the end of the log
   */
  public static ApiServer start() {
    Binaries binaries = Binaries.find(System.getenv());
    for (int attempt = 1; ; attempt++) {
      Path directory = WorkDirectory.create();
      try {
        return start(binaries, directory);
      } catch (PortTakenException e) {
        WorkDirectory.remove(directory);
        if (attempt == ATTEMPTS) {
          throw new IllegalStateException("no free port in " + ATTEMPTS + " attempts", e);
        }
      } catch (RuntimeException e) {
        WorkDirectory.remove(directory);
        throw e;
      }
    }
  }

  private static ApiServer start(Binaries binaries, Path directory) {
    URI etcdUrl = loopback("http");
    URI url = loopback("https");
    String token = UUID.randomUUID().toString();
    Child etcd = Child.start("etcd", directory, etcdCommand(binaries.etcd(), directory, etcdUrl));
    try {
      awaitLine(etcd, "ready to serve client requests");
      Child kubeApiServer =
          Child.start(
              "kube-apiserver",
              directory,
              kubeApiServerCommand(binaries.kubeApiServer(), directory, etcdUrl, url, token));
      ApiServer server = new ApiServer(directory, url, token, etcd, kubeApiServer);
      try {
        awaitLine(kubeApiServer, "Serving securely on");
        Readiness.await(kubeApiServer, url, certificate(directory), token, START_LIMIT);
        return server;
      } catch (RuntimeException e) {
        kubeApiServer.close();
        throw e;
      }
    } catch (RuntimeException e) {
      etcd.close();
      throw e;
    }
  }

  /** The API's address. */
  public URI url() {
    return url;
  }

  /**
   * Who asked what of the API: one JSON object of {@code audit.k8s.io/v1} a line, without bodies,
   * written after the answer. The API server's own requests are left out.
   */
  public Path auditLog() {
    return auditLog(directory);
  }

  /** A kubeconfig file of a member of {@code system:masters}. */
  public Path kubeconfig() {
    return kubeconfig("admin", token);
  }

  /**
   * Writes a kubeconfig file for somebody else.
   *
   * @param name distinguishes the file
   * @param bearerToken for example what a ServiceAccount's token request returned
   */
  public Path kubeconfig(String name, String bearerToken) {
    try {
      String authority =
          Base64.getEncoder().encodeToString(Files.readAllBytes(certificate(directory)));
      String text =
          """
          apiVersion: v1
          kind: Config
          current-context: %1$s
          clusters:
          - name: local
            cluster: {server: "%2$s", certificate-authority-data: "%3$s"}
          users:
          - name: %1$s
            user: {token: "%4$s"}
          contexts:
          - name: %1$s
            context: {cluster: local, user: %1$s}
          """
              .formatted(name, url, authority, bearerToken);
      return PrivateFile.write(directory.resolve(name + ".kubeconfig"), text);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the server's certificate", e);
    }
  }

  @Override
  public void close() {
    try (etcd;
        kubeApiServer) {
      // Closed in reverse order: the API server first, so that it does not log the loss of etcd.
    } finally {
      WorkDirectory.remove(directory);
    }
  }

  private static List<String> etcdCommand(Path program, Path directory, URI url) {
    URI peer = loopback("http");
    return List.of(
        program.toString(),
        "--data-dir=" + directory.resolve("etcd"),
        "--listen-client-urls=" + url,
        "--advertise-client-urls=" + url,
        "--listen-peer-urls=" + peer,
        "--initial-advertise-peer-urls=" + peer,
        "--initial-cluster=default=" + peer,
        "--unsafe-no-fsync");
  }

  private static List<String> kubeApiServerCommand(
      Path program, Path directory, URI etcd, URI url, String token) {
    ServiceAccountKeys keys = ServiceAccountKeys.generate(directory);
    Path tokens = directory.resolve("tokens.csv");
    PrivateFile.write(tokens, token + ",admin,admin,system:masters\n");
    Path auditPolicy = PrivateFile.write(directory.resolve("audit.yaml"), AUDIT_POLICY);
    String host = url.getHost();
    return List.of(
        program.toString(),
        "--etcd-servers=" + etcd,
        "--bind-address=" + host,
        "--advertise-address=" + host,
        "--secure-port=" + url.getPort(),
        "--cert-dir=" + directory.resolve("certificates"),
        "--token-auth-file=" + tokens,
        "--authorization-mode=RBAC",
        "--audit-policy-file=" + auditPolicy,
        "--audit-log-path=" + auditLog(directory),
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=" + keys.publicKey(),
        "--service-account-signing-key-file=" + keys.privateKey());
  }

  private static Path auditLog(Path directory) {
    return directory.resolve("audit.log");
  }

  /** The server signs its own certificate and leaves it here. */
  private static Path certificate(Path directory) {
    return directory.resolve("certificates").resolve("apiserver.crt");
  }

  private static URI loopback(String scheme) {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return URI.create(scheme + "://127.0.0.1:" + socket.getLocalPort());
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on 127.0.0.1", e);
    }
  }

  private static void awaitLine(Child child, String text) {
    try {
      child.awaitLine(text, START_LIMIT);
    } catch (IllegalStateException e) {
      throw child.logTail().contains("address already in use")
          ? new PortTakenException(child.logTail())
          : e;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a server started", e);
    }
  }

  private static final class PortTakenException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PortTakenException(String log) {
      super(log);
    }
  }
}
