package io.vsmmu.demo;

import io.vsmmu.iommufd.simulated.node.SimulatedNodeMain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The command lines of what the demo runs: the jars that go into the images, on this machine's
 * Java.
 *
 * @param sources the project's folder, built
 */
record Programs(Path sources) {
  private static final String AGENT_MAIN = "io.vsmmu.agent.cli.Vsmmu";

  /** As in the agent's image. */
  private static final List<String> SMALL_JVM =
      List.of(
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xmx96m",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow");

  /**
   * @throws IllegalStateException when something was not built; names the command that builds it
   */
  void requireBuilt() {
    for (var part : List.of(operatorJar(), agentLibraries())) {
      if (!Files.exists(part)) {
        throw new IllegalStateException(part + " is missing: run make build");
      }
    }
  }

  List<String> simulatedNode(Path folder) {
    return java(
        List.of("-cp", agentClasspath(), SimulatedNodeMain.class.getName()),
        List.of(folder.toString(), "grace-like"));
  }

  List<String> operator(Map<String, String> environment) {
    return inEnvironment(
        environment,
        java(List.of("-Dquarkus.http.port=0", "-jar", operatorJar().toString()), List.of()));
  }

  /** The {@code vsmmu} command. */
  List<String> vsmmu(Map<String, String> environment, List<String> arguments) {
    return inEnvironment(
        environment, java(List.of("-cp", agentClasspath(), AGENT_MAIN), arguments));
  }

  private static List<String> java(List<String> what, List<String> arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(SMALL_JVM);
    command.addAll(what);
    command.addAll(arguments);
    return command;
  }

  private static List<String> inEnvironment(Map<String, String> environment, List<String> command) {
    var whole = new ArrayList<>(List.of("env"));
    environment.forEach((name, value) -> whole.add(name + "=" + value));
    whole.addAll(command);
    return whole;
  }

  private Path operatorJar() {
    return sources.resolve("operator/target/quarkus-app/quarkus-run.jar");
  }

  private Path agentLibraries() {
    return sources.resolve("device-plugin/target/lib");
  }

  private String agentClasspath() {
    return sources.resolve("device-plugin/target/classes") + ":" + agentLibraries() + "/*";
  }
}
