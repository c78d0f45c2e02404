package io.vsmmu.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A program of those that {@code lab/controlplane/build --for tests} makes. */
final class Program {

  private final Path path;
  private final Map<String, String> environment;

  private Program(String name, Map<String, String> environment) {
    String folder =
        Optional.ofNullable(System.getenv("KUBEBUILDER_ASSETS"))
            .orElseThrow(() ->
                new IllegalStateException(
                    "export KUBEBUILDER_ASSETS=$(lab/controlplane/build --for tests)"));
    this.path = Path.of(folder, name);
    this.environment = environment;
  }

  /** As the cluster's administrator. */
  static Program kubectl(ApiServer server) {
    return new Program("kubectl", Map.of("KUBECONFIG", server.kubeconfig().toString()));
  }

  /** Without a cluster. */
  static Program kubectl() {
    return new Program("kubectl", Map.of("KUBECONFIG", "/dev/null"));
  }

  /** As the cluster's administrator, in our namespace. */
  static Program helm(ApiServer server, Path home) {
    return new Program(
        "helm",
        Map.of(
            "KUBECONFIG", server.kubeconfig().toString(),
            "HELM_NAMESPACE", "vsmmu-system",
            "HOME", home.toString()));
  }

  /** Without a cluster, in our namespace. */
  static Program helm(Path home) {
    return new Program(
        "helm",
        Map.of(
            "KUBECONFIG", "/dev/null",
            "HELM_NAMESPACE", "vsmmu-system",
            "HOME", home.toString()));
  }

  /**
   * What a run ended with.
   *
   * @param status exit status
   * @param output standard output
   * @param errors standard error
   */
  record Result(int status, String output, String errors) {}

  /** Runs it and returns what it prints; it has to succeed. */
  String run(String... arguments) {
    Result result = attempt(null, arguments);
    assertThat(result.status()).as("%s %s: %s", path, List.of(arguments), result).isZero();
    return result.output();
  }

  /** Runs it on this input and returns what it prints; it has to succeed. */
  String runOn(String input, String... arguments) {
    Result result = attempt(input, arguments);
    assertThat(result.status()).as("%s %s: %s", path, List.of(arguments), result).isZero();
    return result.output();
  }

  Result attempt(@Nullable String input, String... arguments) {
    List<String> command = new ArrayList<>(List.of(path.toString()));
    command.addAll(List.of(arguments));
    try {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      Process process = builder.start();
      CompletableFuture<String> errors =
          CompletableFuture.supplyAsync(() -> read(process), Thread::startVirtualThread);
      try (var standardInput = process.outputWriter(UTF_8)) {
        if (input != null) {
          standardInput.write(input);
        }
      }
      String output = new String(process.getInputStream().readAllBytes(), UTF_8);
      return new Result(process.waitFor(), output, errors.get());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + command, e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot read what " + command + " says", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + command, e);
    }
  }

  private static String read(Process process) {
    try {
      return new String(process.getErrorStream().readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
