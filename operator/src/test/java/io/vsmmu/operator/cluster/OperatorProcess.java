package io.vsmmu.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.vsmmu.api.v1alpha1.Names;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The program that is shipped, as a process, with the rights that {@code deploy/base} gives. */
public final class OperatorProcess implements AutoCloseable {

  private static final Path COMMAND =
      Path.of("..", "images", "operator", "usr", "bin", "vsmmu-operator");
  private static final Pattern JVM_OPTION = Pattern.compile("(?<=\\s)-[XD]\\S+");

  private final Process process;
  private final int port;
  private final int webhookPort;
  private final Path log;

  private OperatorProcess(Process process, int port, int webhookPort, Path log) {
    this.process = process;
    this.port = port;
    this.webhookPort = webhookPort;
    this.log = log;
  }

  /**
   * Starts one.
   *
   * @param name of its pod, so to say
   * @param directory takes its log
   */
  public static OperatorProcess start(Cluster cluster, String name, Path directory) {
    Path log = directory.resolve(name + ".log");
    try {
      int port = freePort();
      int webhookPort = freePort();
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(jvmOptions());
      // As in a container of that size.
      command.add("-XX:MaxRAM=" + memoryLimit(cluster));
      command.addAll(List.of("-jar", System.getProperty("operator.jar")));
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
      builder
          .environment()
          .putAll(
              Map.of(
                  "KUBECONFIG",
                  cluster.kubeconfigOf(Names.OPERATOR).toString(),
                  "HOSTNAME",
                  name,
                  "QUARKUS_HTTP_HOST",
                  "127.0.0.1",
                  "QUARKUS_HTTP_PORT",
                  Integer.toString(port),
                  "VSMMU_WEBHOOK_HOST",
                  "127.0.0.1",
                  "VSMMU_WEBHOOK_PORT",
                  Integer.toString(webhookPort)));
      return new OperatorProcess(builder.start(), port, webhookPort, log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start the operator", e);
    }
  }

  public void assertAlive() {
    assertThat(process.isAlive()).as(this::log).isTrue();
  }

  /** Of 127.0.0.1. */
  public int webhookPort() {
    return webhookPort;
  }

  /** Body of the answer to a GET; the server has to be up. */
  public String get(String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:%d%s".formatted(port, path));
      return client
          .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  /**
   * A size from the kernel's account of the process.
   *
   * @param field of {@code /proc/PID/status}, such as {@code VmRSS}
   * @return in KiB
   */
  public long kibibytes(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + log, e);
    }
  }

  /** Asks it to stop and returns its exit status. */
  public int stop() throws InterruptedException {
    process.destroy();
    return awaitEnd();
  }

  /** Waits until it ends by itself and returns its exit status. */
  public int awaitEnd() throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(this::log).isTrue();
    return process.exitValue();
  }

  /** Ends it without asking. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** Those that the image's command has. */
  private static List<String> jvmOptions() throws IOException {
    return JVM_OPTION.matcher(Files.readString(COMMAND)).results().map(MatchResult::group).toList();
  }

  /** What its container may have by the manifest, in bytes. */
  public static long memoryLimit(Cluster cluster) {
    Deployment deployment =
        cluster
            .admin()
            .apps()
            .deployments()
            .inNamespace(Names.NAMESPACE)
            .withName(Names.OPERATOR)
            .get();
    return Quantity.getAmountInBytes(
            deployment
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getResources()
                .getLimits()
                .get("memory"))
        .longValueExact();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
