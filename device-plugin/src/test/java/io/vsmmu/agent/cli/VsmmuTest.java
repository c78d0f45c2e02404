package io.vsmmu.agent.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Model.OptionSpec;

class VsmmuTest {

  @TempDir Path folder;

  static Stream<String> subcommands() {
    return Vsmmu.commandLine().getSubcommands().keySet().stream()
        .filter(name -> !name.equals("help"));
  }

  private static List<OptionSpec> options(String name) {
    return requireNonNull(Vsmmu.commandLine().getSubcommands().get(name))
        .getCommandSpec()
        .options();
  }

  @ParameterizedTest
  @MethodSource("subcommands")
  void everySubcommandExplainsItself(String name) {
    var run = CommandRun.of(name, "--help");

    assertThat(run.status()).isZero();
    assertThat(run.out()).startsWith("Usage: vsmmu " + name);
    for (var option : options(name)) {
      assertThat(option.description()).as(name + " " + option.longestName()).isNotEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("subcommands")
  void everySubcommandAndItsOptionsAreInTheManual(String name) throws IOException {
    var manual = Files.readString(Path.of("../docs/cli.md"));

    assertThat(manual).contains("## vsmmu " + name + "\n");
    for (var option : options(name)) {
      if (!option.usageHelp() && !option.versionHelp()) {
        assertThat(manual).as(name).contains("`" + option.longestName());
      }
    }
  }

  @Test
  void wrongUsageIsStatusTwoAndSaysWhatIsRight() {
    var run = CommandRun.of("inspect", "--outptu", "json");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("Unknown option").contains("--output");
  }

  @Test
  void anArgumentIsWhatItSaysNotWhatAFileOfThatNameHas() throws IOException {
    var file = folder.resolve("words");
    Files.writeString(file, "--help");

    var run = CommandRun.of("inspect", "--snapshot", "@" + file);

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).isEqualToIgnoringNewLines("vsmmu inspect: no such file: @" + file);
  }

  @Test
  void aFormThatIsNoneNamesThoseThatAre() {
    var run = CommandRun.of("inspect", "-o", "yaml");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("tree, table, json, dot, snapshot");
  }

  @Test
  void runNeedsToKnowItsNode() {
    var run = CommandRun.of("run", "--node-name", "");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("--node-name").contains("--config");
  }

  /** To chown(2), -1 means: as it is. */
  @Test
  void runKnowsWhatAUserIs() {
    var run =
        CommandRun.of(
            "run", "--node-name=a", "--state-dir=" + folder.resolve("state"), "--vfio-user=-1");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("--vfio-user is -1");
  }

  @Test
  void runKnowsWhatAPortIs() {
    var run =
        CommandRun.of(
            "run", "--node-name=a", "--state-dir=" + folder.resolve("state"), "--http-port=65536");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("--http-port is 65536");
  }

  @Test
  void runNamesAKubeconfigThatItCannotRead() {
    var run =
        CommandRun.of(
            "run",
            "--node-name=a",
            "--state-dir=" + folder.resolve("state"),
            "--handoff-dir=" + folder.resolve("handoff"),
            "--kubelet-dir=" + folder,
            "--pod-resources=" + folder.resolve("kubelet.sock"),
            "--http-port=-1",
            "--kubeconfig=" + folder.resolve("none"));

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("vsmmu run: " + folder.resolve("none") + " does not tell how to reach")
        .doesNotContain("\tat ");
  }

  @Test
  void runRefusesTheVSmmuOfAnotherNode() throws IOException {
    var file = folder.resolve("node.yaml");
    Files.writeString(
        file, "apiVersion: vsmmu.io/v1alpha1\nkind: VSmmu\nspec: {nodeName: node-1}\n");

    var run = CommandRun.of("run", "--config", file.toString(), "--node-name", "node-2");

    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).contains("is the VSmmu of node-1, not of node-2");
  }

  /** By bash itself, which every machine that builds this has. */
  @Test
  void theCompletionScriptCompletes() throws Exception {
    var script = folder.resolve("vsmmu.bash");
    Files.writeString(script, CommandRun.of("completion").out());

    assertThat(complete(script, "vsmmu", "pl")).containsExactly("plan");
    assertThat(complete(script, "vsmmu", "inspect", "--sn")).containsExactly("--snapshot");
    assertThat(complete(script, "vsmmu", "inspect", "--output", ""))
        .contains("tree", "table", "json", "dot", "snapshot");
  }

  private static List<String> complete(Path script, String... words)
      throws IOException, InterruptedException {
    var line = String.join(" ", words);
    var process =
        new ProcessBuilder(
                "bash",
                "-c",
                "source %s; COMP_WORDS=(%s); [[ $1 ]] || COMP_WORDS+=(''); COMP_CWORD=%d; COMP_LINE='%s'; COMP_POINT=%d; _complete_vsmmu; printf '%%s\\n' \"${COMPREPLY[@]}\""
                    .formatted(script, line, words.length - 1, line, line.length()),
                "bash",
                words[words.length - 1])
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(out).isZero();
    return out.lines().map(String::strip).toList();
  }
}
