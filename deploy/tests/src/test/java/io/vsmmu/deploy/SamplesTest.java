package io.vsmmu.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every sample, as the API server sees it. KubeVirt's definitions are ours, as far as they go. */
class SamplesTest {

  private static final Path PATCH = Sources.SAMPLES.resolve("kubevirt/kubevirt-patch.yaml");
  private static final String KUBEVIRT =
      Path.of("src/test/resources/io/vsmmu/deploy/kubevirt.yaml").toString();

  private static ApiServer server;
  private static Program kubectl;

  @BeforeAll
  static void install() {
    server = ApiServer.start();
    kubectl = Program.kubectl(server);
    kubectl.run("apply", "-k", Sources.DEPLOY.toString());
    kubectl.run("apply", "-f", KUBEVIRT);
    kubectl.run("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all");
    // What is established is served, and told of to those who ask what there is, a moment later.
    String names = kubectl.run("get", "crd", "--output=jsonpath={.items[*].metadata.name}");
    for (String name : names.split(" ")) {
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> kubectl.attempt(null, "get", "--all-namespaces", name).status() == 0);
    }
  }

  @AfterAll
  static void end() {
    server.close();
  }

  static List<Path> objects() throws IOException {
    try (Stream<Path> files = Files.walk(Sources.SAMPLES)) {
      return files
          .filter(file -> file.toString().endsWith(".yaml") && !file.equals(PATCH))
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("objects")
  void isAccepted(Path sample) {
    assertThat(
            kubectl.run(
                "apply",
                "--server-side",
                "--dry-run=server",
                "--validate=strict",
                "-f",
                sample.toString()))
        .endsWith(" serverside-applied (server dry run)\n");
  }

  @ParameterizedTest
  @MethodSource("objects")
  void saysWhatItIsFor(Path sample) throws IOException {
    assertThat(Files.readString(sample)).startsWith("# ");
  }

  @Test
  void thePatchLetsKubeVirtRunTheHook() throws IOException {
    kubectl.run("create", "namespace", "kubevirt");
    kubectl.runOn(
        """
        apiVersion: kubevirt.io/v1
        kind: KubeVirt
        metadata: {name: kubevirt, namespace: kubevirt}
        spec: {configuration: {developerConfiguration: {}}}
        """,
        "create",
        "-f",
        "-");

    String patched =
        kubectl.run(
            "patch",
            "kubevirt",
            "kubevirt",
            "--namespace=kubevirt",
            "--type=merge",
            "--patch-file=" + PATCH,
            "--dry-run=server",
            "--output=jsonpath={.spec.configuration.developerConfiguration.featureGates}");

    assertThat(patched).isEqualTo("[\"HostDevices\",\"Sidecar\"]");
  }
}
