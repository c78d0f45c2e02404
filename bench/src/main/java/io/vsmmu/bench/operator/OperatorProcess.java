package io.vsmmu.bench.operator;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The operator as its image starts it, without the image. */
final class OperatorProcess implements AutoCloseable {

  private static final Pattern JVM_OPTION = Pattern.compile("(?<=\\s)-[XD]\\S+");
  private static final long KIB = 1024;

  private final Process process;
  private final Path log;

  private OperatorProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts one.
   *
   * @param top the project's folder, where it has been packaged
   * @param fleet that it is to serve
   */
  static OperatorProcess start(Path top, Fleet fleet, Path log) throws IOException {
    Path jar = top.resolve("operator/target/quarkus-app/quarkus-run.jar");
    if (!Files.isRegularFile(jar)) {
      throw new IOException("there is no " + jar + "; bench/run builds it");
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options(top.resolve("images/operator/usr/bin/vsmmu-operator")));
    // As in a container of that size.
    command.add("-XX:MaxRAM=" + fleet.operatorsMemory());
    command.addAll(List.of("-jar", jar.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "KUBECONFIG",
                fleet.operatorsKubeconfig().toString(),
                "HOSTNAME",
                "bench",
                "QUARKUS_HTTP_HOST",
                "127.0.0.1",
                "QUARKUS_HTTP_PORT",
                freePort(),
                "VSMMU_WEBHOOK_HOST",
                "127.0.0.1",
                "VSMMU_WEBHOOK_PORT",
                freePort()));
    return new OperatorProcess(builder.start(), log);
  }

  void requireAlive() {
    if (!process.isAlive()) {
      throw new IllegalStateException(
          "the operator ended with status %d; see %s".formatted(process.exitValue(), log));
    }
  }

  /** Resident memory in bytes. */
  long resident() throws IOException {
    requireAlive();
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * KIB)
        .findFirst()
        .orElseThrow();
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Those that the image's command has. */
  private static List<String> options(Path script) throws IOException {
    return JVM_OPTION.matcher(Files.readString(script)).results().map(MatchResult::group).toList();
  }

  private static String freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return Integer.toString(socket.getLocalPort());
    }
  }
}
