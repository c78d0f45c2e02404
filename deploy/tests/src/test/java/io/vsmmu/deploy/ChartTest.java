package io.vsmmu.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChartTest {

  private static final String CHART = Sources.CHART.toString();

  @TempDir private Path home;

  @Test
  void isClean() {
    assertThat(Program.helm(home).run("lint", "--strict", CHART)).contains("0 chart(s) failed");
  }

  @Test
  void rendersTheSameTwice() {
    assertThat(template()).isEqualTo(template());
  }

  @Test
  void hasTheObjectsOfTheKustomizeBaseAsTheyAreThere() {
    assertSame(render().objects(), kustomize("."));
  }

  @Test
  void withoutKubeVirtItHasThoseOfThePlainOverlay() {
    assertSame(render("--set=kubevirt.enabled=false").objects(), kustomize("overlays/plain"));
  }

  @Test
  void addsHooksForTheOrderlyEndAlone() {
    assertThat(render().hooks().keySet())
        .containsExactly(
            "ClusterRole vsmmu-uninstall",
            "ClusterRoleBinding vsmmu-uninstall",
            "Job vsmmu-uninstall",
            "ServiceAccount vsmmu-uninstall");
    assertThat(render("--set=uninstall.enabled=false").hooks()).isEmpty();
    assertThat(render("--set=crds.keep=true").hooks())
        .as("who keeps the definition keeps the objects")
        .isEmpty();
  }

  @Test
  void isAcceptedByTheApiServerWhateverIsSet() throws IOException {
    Path values =
        Files.writeString(
            home.resolve("values.yaml"),
            """
            images: {registry: registry.example:5000/a/b, tag: v1, pullPolicy: Always, pullSecrets: [{name: key}]}
            operator:
              replicas: 2
              priorityClassName: high
              nodeSelector: {pool: infra}
              tolerations: [{key: infra, operator: Exists}]
              affinity:
                podAntiAffinity:
                  requiredDuringSchedulingIgnoredDuringExecution:
                  - topologyKey: kubernetes.io/hostname
                    labelSelector: {matchLabels: {app.kubernetes.io/name: vsmmu-operator}}
              env: [{name: QUARKUS_LOG_LEVEL, value: DEBUG}]
            crds: {keep: true}
            """);
    try (ApiServer server = ApiServer.start()) {
      Program kubectl = Program.kubectl(server);
      kubectl.run("create", "namespace", "vsmmu-system");
      for (String rendering : new String[] {template(), template("--values=" + values)}) {
        assertThat(
                kubectl
                    .runOn(
                        rendering,
                        "apply",
                        "--server-side",
                        "--dry-run=server",
                        "--validate=strict",
                        "-f",
                        "-")
                    .lines())
            .isNotEmpty()
            .allMatch(line -> line.endsWith(" serverside-applied (server dry run)"));
      }
    }
  }

  @Test
  void imagesAreWhereTheValuesSay() {
    String digest = "sha256:" + "0".repeat(64);
    Rendering rendering =
        render(
            "--set=images.registry=registry.example/mine",
            "--set=images.tag=v9",
            "--set=images.pullPolicy=Always",
            "--set=images.digests.operator=" + digest);

    assertThat(rendering.operator().path("image").asText())
        .isEqualTo("registry.example/mine/operator:v9@" + digest);
    assertThat(rendering.variable("VSMMU_WEBHOOK_SIDECAR_IMAGE_PULL_POLICY")).isEqualTo("Always");
    assertThat(rendering.variable("VSMMU_AGENT_IMAGE"))
        .isEqualTo("registry.example/mine/device-plugin:v9");
    assertThat(
            rendering
                .hook("Job", "vsmmu-uninstall")
                .at("/spec/template/spec/containers/0/image")
                .asText())
        .isEqualTo("registry.example/mine/operator:v9@" + digest);
    assertThat(template("--set=images.registry=registry.example/mine"))
        .as("no image is left out")
        .doesNotContain("docker.io/vsmmu");
  }

  @Test
  void theAgentIsToldWhereAndHowToRun() {
    assertThat(
            render(
                    "--set=agent.priorityClassName=high",
                    "--set=agent.tolerations[0].key=nvidia.com/gpu",
                    "--set=agent.tolerations[0].operator=Exists",
                    "--set=agent.resources.limits.memory=1Gi",
                    "--set=agent.args[0]=--peers=pod",
                    "--set=images.pullSecrets[0].name=key")
                .variable("VSMMU_AGENT_POD"))
        .contains("priorityClassName: high")
        .contains("args:\n- --peers=pod")
        .contains("- key: nvidia.com/gpu\n  operator: Exists")
        .contains("memory: 1Gi")
        .contains("imagePullSecrets:\n- name: key");
  }

  @Test
  void theDefinitionCanStayOrBeSomebodyElses() {
    JsonNode kept =
        render("--set=crds.keep=true").object("CustomResourceDefinition", "vsmmus.vsmmu.io");
    assertThat(kept.at("/metadata/annotations").path("helm.sh/resource-policy").asText())
        .isEqualTo("keep");
    assertThat(render("--set=crds.install=false").objects().keySet())
        .noneMatch(object -> object.startsWith("CustomResourceDefinition"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          images.repository=x                      | 'repository' not allowed
          images.registry=docker.io/vsmmu/         | does not match pattern
          images.digests.operator=latest           | does not match pattern
          images.digests.agent=sha256:             | 'agent'
          operator.replicas=-1                     | minimum
          operator.tolerations[0].effect=Never     | must be one of
          agent.tolerations[0].operater=Exists     | 'operater' not allowed
          agent.resources.limit.memory=1Gi         | 'limit' not allowed
          operator.env[0].name=VSMMU_AGENT_IMAGE   | not
          operator.env[0].name=VSMMU_WEBHOOK_SIDECAR_IMAGE | not
          kubevirt.enabled=perhaps                 | want boolean
          uninstall.timeoutSeconds=0               | minimum
          """)
  void whatIsMisspeltIsRefused(String value, String message) {
    Program.Result result =
        Program.helm(home).attempt(null, "template", "vsmmu", CHART, "--set=" + value);

    assertThat(result.status()).isNotZero();
    assertThat(result.errors()).contains(message);
  }

  @Test
  void anotherNamespaceIsRefused() {
    Program.Result result =
        Program.helm(home).attempt(null, "template", "vsmmu", CHART, "--namespace=elsewhere");

    assertThat(result.status()).isNotZero();
    assertThat(result.errors()).contains("say --namespace vsmmu-system");
  }

  @Test
  void aPackageHasAllThatTheChartHas() throws IOException {
    Program helm = Program.helm(home);
    helm.run("package", CHART, "--destination=" + home);
    Path archive;
    try (var files = Files.newDirectoryStream(home, "vsmmu-*.tgz")) {
      archive = files.iterator().next();
    }

    assertThat(helm.run("template", "vsmmu", archive.toString())).isEqualTo(template());
  }

  private Rendering render(String... arguments) {
    return Rendering.of(template(arguments));
  }

  private String template(String... arguments) {
    String[] all = new String[arguments.length + 3];
    all[0] = "template";
    all[1] = "vsmmu";
    all[2] = CHART;
    System.arraycopy(arguments, 0, all, 3, arguments.length);
    return Program.helm(home).run(all);
  }

  private static void assertSame(Map<String, JsonNode> chart, Map<String, JsonNode> kustomize) {
    assertThat(chart.keySet()).isEqualTo(kustomize.keySet());
    chart.forEach((name, object) -> assertThat(object).as(name).isEqualTo(kustomize.get(name)));
  }

  private static Map<String, JsonNode> kustomize(String folder) {
    var objects =
        new TreeMap<>(
            Rendering.of(
                    Program.kubectl().run("kustomize", Sources.DEPLOY.resolve(folder).toString()))
                .objects());
    // Helm's is made by --create-namespace.
    assertThat(objects.remove("Namespace vsmmu-system")).isNotNull();
    return objects;
  }
}
