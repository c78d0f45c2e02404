package io.vsmmu.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sample policy that keeps virtual machines from sidecars of others, on a real API server. */
class SidecarPolicyTest {

  private static final Path POLICY = Sources.SAMPLES.resolve("kubevirt/only-our-sidecar.yaml");
  private static final String ANNOTATION = "hooks.kubevirt.io/hookSidecars";
  private static final String STRANGER = "[{\"image\":\"registry.example/stranger:1\"}]";

  private static ApiServer server;
  private static Program kubectl;
  private static String ours;

  @BeforeAll
  static void applyThePolicyToAClusterWithAMachineOfEarlier() throws IOException {
    server = ApiServer.start();
    kubectl = Program.kubectl(server);
    kubectl.run("apply", "-f", "src/test/resources/io/vsmmu/deploy/kubevirt.yaml");
    kubectl.run("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all");
    // What is established is served a moment later.
    await().atMost(Duration.ofMinutes(1)).until(() -> create("earlier", STRANGER).status() == 0);

    kubectl.run("apply", "-f", POLICY.toString());
    // The API server heeds a policy a moment after it has it.
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> create("probe", STRANGER, "--dry-run=server").status() != 0);
    ours = allowed();
  }

  @AfterAll
  static void end() {
    server.close();
  }

  @Test
  void ourSidecarAndNoneAreLetIn() {
    assertThat(create("ours", ours).errors()).isEmpty();
    assertThat(create("none", null).errors()).isEmpty();
  }

  @Test
  void othersAreRefusedHoweverTheyAreSpelt() {
    assertRefused(STRANGER);
    assertRefused(ours.replace("]", ",{\"image\":\"registry.example/stranger:1\"}]"));
    assertRefused(ours.replaceFirst("@sha256:[0-9a-f]+", ""));
    assertRefused("[{\"\\u0069mage\":\"registry.example/stranger:1\"}]");
    assertRefused(
        ours.replace(
            "\"}]", "\",\"configMap\":{\"name\":\"c\",\"key\":\"k\",\"hookPath\":\"/h\"}}]"));
  }

  @Test
  void aMachineOfEarlierLivesOnAndGetsNoOtherSidecar() {
    kubectl.run("label", "vmi", "earlier", "touched=yes");

    assertThat(
            kubectl
                .attempt(
                    null,
                    "annotate",
                    "vmi",
                    "earlier",
                    "--overwrite",
                    ANNOTATION + "=[{\"image\":\"x\"}]")
                .errors())
        .contains("may only be what VSmmu writes");
  }

  /** The operator's WebhookTest expects the same of the webhook. */
  @Test
  void theAllowedTextHasTheWebhooksForm() {
    assertThat(ours)
        .matches(
            "\\[\\{\"image\":\"docker\\.io/vsmmu/kubevirt-hook:0\\.1\\.0@sha256:[0-9a-f]{64}\",\"imagePullPolicy\":\"IfNotPresent\"}]");
  }

  @Test
  void theChartHasTheOperatorNameThatImage(@TempDir Path home) {
    Rendering chart =
        Rendering.of(
            Program.helm(home)
                .run(
                    "template",
                    "vsmmu",
                    Sources.CHART.toString(),
                    "--set=images.digests.kubevirt-hook=sha256:" + "0".repeat(64)));

    assertThat(ours)
        .contains("\"image\":\"" + chart.variable("VSMMU_WEBHOOK_SIDECAR_IMAGE") + "\"");
  }

  private static void assertRefused(String sidecars) {
    assertThat(create("refused", sidecars, "--dry-run=server").errors())
        .as(sidecars)
        .contains("the annotation " + ANNOTATION + " may only be what VSmmu writes");
  }

  private static Program.Result create(String name, @Nullable String sidecars, String... options) {
    String annotations = sidecars == null ? "{}" : "{%s: '%s'}".formatted(ANNOTATION, sidecars);
    String[] arguments = new String[options.length + 3];
    arguments[0] = "create";
    arguments[1] = "-f";
    arguments[2] = "-";
    System.arraycopy(options, 0, arguments, 3, options.length);
    return kubectl.attempt(
        """
        apiVersion: kubevirt.io/v1
        kind: VirtualMachineInstance
        metadata: {namespace: default, name: %s, annotations: %s}
        spec: {domain: {devices: {}}}
        """
            .formatted(name, annotations),
        arguments);
  }

  private static String allowed() throws IOException {
    Matcher matcher = Pattern.compile("'(\\[\\{.*}])'").matcher(Files.readString(POLICY));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }
}
