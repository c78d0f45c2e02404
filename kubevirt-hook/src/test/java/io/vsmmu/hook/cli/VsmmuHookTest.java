package io.vsmmu.hook.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.hook.serve.HookClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VsmmuHookTest {

  private static final Duration START = Duration.ofMinutes(3);

  @Test
  void aDomainIsRewrittenAsTheSidecarWould() throws Exception {
    var corpus = resource("corpus/one-device/domain.xml");
    var run = run("rewrite", "--topology", resource("node.topology").toString(), corpus.toString());
    assertThat(run.status()).isZero();
    assertThat(run.out()).isEqualTo(Files.readString(corpus.resolveSibling("expected.xml")));
  }

  @Test
  void annotationsAreHeeded(@TempDir Path folder) throws Exception {
    var vmi =
        Files.writeString(
            folder.resolve("vmi.json"),
            "{\"metadata\": {\"annotations\": {\"vsmmu.io/ats\": \"on\"}}}");
    var run =
        run(
            "rewrite",
            "--vmi=" + vmi,
            "--topology=" + resource("node.topology"),
            resource("corpus/one-device/domain.xml").toString());
    assertThat(run.out()).contains("<driver pciBus=\"1\" accel=\"on\" ats=\"on\"/>");
  }

  @Test
  void aDeviceThatThisNodeDoesNotHaveIsAnError(@TempDir Path sysfs) throws Exception {
    Files.createDirectories(sysfs.resolve("bus/pci/devices"));
    var run =
        run(
            "rewrite",
            "--sysfs-root=" + sysfs,
            resource("corpus/one-device/domain.xml").toString());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).startsWith("vsmmu-hook rewrite: hostdev 0000:01:00.0: ");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void aFileThatIsMissingIsNamed() {
    var run = run("rewrite", "/nonexistent/domain.xml");
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err().strip())
        .isEqualTo("vsmmu-hook rewrite: no such file: /nonexistent/domain.xml");
  }

  @Test
  void aDomainWithNamesBeyondAsciiStaysWhatItIsAlsoWithoutALocale(@TempDir Path folder)
      throws Exception {
    var domain = "<domain><name>grün</name></domain>";
    var file = Files.writeString(folder.resolve("domain.xml"), domain);

    var process = start("rewrite", file.toString());

    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo(domain);
  }

  @Test
  void aFileThatIsNoUtf8IsNamed(@TempDir Path folder) throws Exception {
    var file = Files.write(folder.resolve("domain.xml"), new byte[] {'<', (byte) 0xfc});

    var run = run("rewrite", file.toString());

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).startsWith("vsmmu-hook rewrite: " + file + " is no UTF-8");
  }

  @Test
  void itServesUntilShutdownAndEndsWithSuccess(@TempDir Path sockets) throws Exception {
    var process = serve(sockets);
    try (var client = new HookClient(sockets.resolve("vsmmu.sock"))) {
      assertThat(client.info().getName()).isEqualTo("vsmmu");
      assertThat(client.define("<domain/>", "{}")).isEqualTo("<domain/>");
      client.shutdown();
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(sockets.resolve("vsmmu.sock")).doesNotExist();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void aPodThatIsDeletedIsNoFailure(@TempDir Path sockets) throws Exception {
    var process = serve(sockets);
    try {
      process.destroy(); // SIGTERM
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(sockets.resolve("vsmmu.sock")).doesNotExist();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void withoutASocketFolderItFailsAtOnce(@TempDir Path sockets) throws Exception {
    var process = start("serve", "--socket-dir=" + sockets.resolve("missing"));
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).isEqualTo(1);
    assertThat(new String(process.getErrorStream().readAllBytes()))
        .contains("vsmmu-hook serve: ", "is no folder");
  }

  private static Process serve(Path sockets) throws IOException {
    var process = start("serve", "--socket-dir=" + sockets);
    await()
        .atMost(START)
        .failFast("it ended", () -> !process.isAlive())
        .until(() -> Files.exists(sockets.resolve("vsmmu.sock")));
    return process;
  }

  private static Process start(String... arguments) throws IOException {
    var command =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "io.vsmmu.hook.cli.VsmmuHook"),
                Stream.of(arguments))
            .toList();
    var builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", "C"); // As in a container.
    return builder.start();
  }

  private record Run(int status, String out, String err) {}

  private static Run run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int status =
        VsmmuHook.commandLine()
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Run(status, out.toString(), err.toString());
  }

  private static Path resource(String path) throws URISyntaxException {
    var url = VsmmuHookTest.class.getResource("/io/vsmmu/hook/" + path);
    if (url == null) {
      throw new IllegalStateException(path);
    }
    return Path.of(url.toURI());
  }
}
