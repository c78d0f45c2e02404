package io.vsmmu.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaPropsOrArray;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real API server accepts and refuses, with the message that a user sees. */
class ValidationTest {

  private static final String REFUSED =
      """
      {nodeName: node-2}                                                                                | rename this VSmmu to node-2 or set spec.nodeName to node-1
      {}                                                                                                | spec.nodeName: Required value
      {nodeName: Node_1}                                                                                | spec.nodeName in body should match
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: []}]}                                | selectors in body should have at least 1 items
      {nodeName: node-1, resources: [{name: vsmmu.io/x}]}                                               | selectors: Required value
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{}]}]}                              | an empty selector would match every device
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{device: 10d3}]}]}                  | set vendor beside device
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{vendor: 8086}]}]}                  | vendor in body must be of type string
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{vendor: '808g'}]}]}                | vendor in body should match
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{class: '020'}]}]}                  | class in body should match
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{class: '02/ffff'}]}]}              | class in body should match
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{class: '0200/'}]}]}                | class in body should match
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{class: '0x0200'}]}]}               | class in body should match
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{smmu: ''}]}]}                      | smmu in body should be at least 1 chars long
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{pciAddress: '09:00.0'}]}]}         | pciAddress in body should match
      {nodeName: node-1, resources: [{name: vsmmu.io/x, selectors: [{pfAddress: '0000:09:20.0'}]}]}     | pfAddress in body should match
      {nodeName: node-1, resources: [{name: nodomain, selectors: [{vendor: '8086'}]}]}                  | must be an extended resource's name
      {nodeName: node-1, resources: [{name: Upper.io/x, selectors: [{vendor: '8086'}]}]}                | must be an extended resource's name
      {nodeName: node-1, resources: [{name: vsmmu.io/x/y, selectors: [{vendor: '8086'}]}]}              | must be an extended resource's name
      {nodeName: node-1, resources: [{name: a.kubernetes.io/x, selectors: [{vendor: '8086'}]}]}         | Kubernetes keeps those for itself
      {nodeName: node-1, resources: [{name: requests.io/x, selectors: [{vendor: '8086'}]}]}             | Kubernetes keeps those for itself
      {nodeName: node-1, resources: [{name: a.io/x, selectors: [{vendor: '8086'}]}, {name: a.io/x, selectors: [{vendor: '10de'}]}]} | Duplicate value
      {nodeName: node-1, resources: [{name: a.io/x, driver: '../x', selectors: [{vendor: '8086'}]}]}    | driver in body should match
      {nodeName: node-1, resources: [{name: a.io/x, nesting: Maybe, selectors: [{vendor: '8086'}]}]}    | supported values: "Preferred", "Required"
      {nodeName: node-1, resources: [{name: a.io/x, handoff: Bound, selectors: [{vendor: '8086'}]}], kubevirt: {iommufdSocket: Always}} | handoff: Bound cannot go with kubevirt.iommufdSocket: Always
      {nodeName: node-1, kubevirt: {guestTopology: Sometimes}}                                          | supported values: "Unmanaged", "VSmmu"
      {nodeName: node-1, kubevirt: {permittedHostDevices: Both}}                                        | supported values: "Managed", "Unmanaged"
      {nodeName: node-1, kubevirt: {iommufdSocket: Yes}}                                                | supported values: "Always", "Auto", "Never"
      {nodeName: node-1, resources: [{name: a.io/x, handoff: Half, selectors: [{vendor: '8086'}]}]}     | supported values: "Bound", "Unbound"
      {nodeName: node-1, resources: [{name: a.io/x, initialProxy: Translate, selectors: [{vendor: '8086'}]}]} | supported values: "Abort", "Bypass"
      {nodeName: node-1, resources: [{name: a.io/x, vfioNodes: None, selectors: [{vendor: '8086'}]}]}   | supported values: "CdevOnly", "LegacyAndCdev"
      {nodeName: node-1, resources: [{name: a.io/x, binding: Always, selectors: [{vendor: '8086'}]}]}   | supported values: "Managed", "Unmanaged"
      """;

  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

  private static ApiServer server;
  private static KubernetesClient client;

  @BeforeAll
  static void install() {
    server = ApiServer.start();
    client =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig().toFile()))
            .build();
    client
        .resource(client.resource(definition()).create())
        .waitUntilCondition(ValidationTest::isEstablished, 30, TimeUnit.SECONDS);
    // What is established is served a moment later.
    await()
        .atMost(Duration.ofMinutes(1))
        .ignoreException(KubernetesClientException.class)
        .until(() -> client.resources(VSmmu.class).list() != null);
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{nodeName: node-1}",
        "{nodeName: node-1, resources: []}",
        "{nodeName: node-1, resources: [{name: vsmmu.io/nic, selectors: [{vendor: '8086'}]}]}",
        "{nodeName: node-1, resources: [{name: x/Y_1.z, selectors: [{smmu: smmu3.0x0}]}]}",
        "{nodeName: node-1, resources: [{name: vsmmu.io/nic, selectors: [{vendor: 10DE, device: '2941'}]}]}",
        "{nodeName: node-1, resources: [{name: vsmmu.io/nic, selectors: [{class: '02'}, {class: '0200'}, {class: '030200'}]}]}",
        "{nodeName: node-1, resources: [{name: vsmmu.io/gpu, selectors: [{class: '0300/fffd'}, {class: 030000/FF0000}, {class: 03/ff}]}]}",
        "{nodeName: node-1, resources: [{name: a.io/x, selectors: [{vendor: '8086'}]}, {name: a.io/y, selectors: [{vendor: '8086'}]}]}",
        "{nodeName: node-1, resources: [{name: a.io/x, driver: nvgrace-gpu_vfio-pci, allowNoReset: true, selectors: [{vendor: '8086'}]}]}",
        "{nodeName: node-1, resources: [{name: a.io/x, handoff: Bound, selectors: [{vendor: '8086'}]}], kubevirt: {iommufdSocket: Auto}}",
        "{nodeName: node-1, resources: [{name: vsmmu.io/nic, selectors: [{pciAddress: '0000:09:00.0'}]}]}",
        "{nodeName: node-1, resources: [{name: vsmmu.io/vf, selectors: [{pfAddress: '10000:e1:1f.7'}]}]}",
        "{nodeName: node-1, resources: [{name: a.io/x, handoff: Bound, selectors: [{vendor: '8086'}]}], kubevirt: {iommufdSocket: Never}}",
        "{nodeName: node-1, resources: [{name: a.io/x, selectors: [{vendor: '8086'}]}], kubevirt: {iommufdSocket: Always}}",
      })
  void accepts(String spec) {
    client.resource(withSpec(spec)).dryRun().create();
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = REFUSED)
  void refuses(String spec, String message) {
    assertThatThrownBy(() -> client.resource(withSpec(spec)).dryRun().create())
        .isInstanceOf(KubernetesClientException.class)
        .hasMessageContaining(message);
  }

  @Test
  void everyRuleHasAnExampleOfWhatItRefuses() {
    List<String> expected =
        REFUSED.lines().map(line -> line.substring(line.lastIndexOf('|') + 2)).toList();
    JSONSchemaProps spec =
        definition().getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();

    assertThat(rules(spec).map(ValidationRule::getMessage))
        .isNotEmpty()
        .allSatisfy(message -> assertThat(expected).anyMatch(message::contains));
  }

  @Test
  void aNodeNameIsForLife() {
    client.resource(named("for-life", "{nodeName: for-life}")).create();

    assertThatThrownBy(() -> client.resource(named("for-life", "{nodeName: other}")).update())
        .hasMessageContaining(
            "spec.nodeName: Invalid value: cannot be changed; delete this VSmmu and create one for"
                + " the other node");
  }

  @Test
  void theServerFillsInTheDefaultsThatTheClassesKnow() {
    String sparse =
        "{nodeName: node-1, resources: [{name: a.io/x, selectors: [{vendor: '8086'}]}]}";

    Object stored = client.resource(withSpec(sparse)).dryRun().create().get("spec");

    VSmmuSpec filledInHere =
        new VSmmuSpec(
            "node-1",
            List.of(ResourceSpec.of("a.io/x", DeviceSelector.ofVendor("8086"))),
            null,
            null);
    assertThat(stored).isEqualTo(json().convertValue(filledInHere, Map.class));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          status: Maybe, type: Ready, reason: X, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' | status in body should match
          status: 'True', type: Ready, reason: no word, message: '', lastTransitionTime: '2026-01-01T00:00:00Z' | reason in body should match
          status: 'True', type: Ready, reason: X, message: '', lastTransitionTime: yesterday | must be of type date-time
          status: 'True', type: Ready, reason: X, lastTransitionTime: '2026-01-01T00:00:00Z' | message: Required value
          """)
  void refusesConditionsThatKubernetesWouldNotTake(String condition, String message) {
    VSmmu vsmmu = stored("bad-condition");

    assertThatThrownBy(
            () -> client.resource(vsmmu).subresource("status").patch(MERGE, conditions(condition)))
        .hasMessageContaining(message);
  }

  @Test
  void acceptsAConditionInKubernetesForm() {
    VSmmu vsmmu = stored("good-condition");

    client
        .resource(vsmmu)
        .subresource("status")
        .patch(
            MERGE,
            conditions(
                "status: Unknown, type: Ready, reason: X, message: '', lastTransitionTime:"
                    + " '2026-01-01T00:00:00Z'"));

    assertThat(client.resource(vsmmu).get().getStatus().conditions()).hasSize(1);
  }

  @Test
  void explainsEveryField() {
    // The server publishes a definition's description a moment after it has established it.
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() ->
            assertThat(explained("vsmmus.spec.resources.handoff"))
                .contains("State in which devices are handed over.")
                .contains("Unbound: The VMM binds them in the context that it gets."));
  }

  private static String explained(String field) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getenv("KUBEBUILDER_ASSETS"), "kubectl").toString(),
            "--kubeconfig=" + server.kubeconfig(),
            "explain",
            field)
        .redirectErrorStream(true)
        .start()
        .inputReader()
        .readAllAsString();
  }

  /** Those with a fixed message that speak of one state; the others have tests of their own. */
  private static Stream<ValidationRule> rules(JSONSchemaProps schema) {
    Stream<ValidationRule> own =
        schema.getXKubernetesValidations().stream()
            .filter(rule -> rule.getMessage() != null && !rule.getRule().contains("oldSelf"));
    Stream<JSONSchemaProps> items =
        Stream.ofNullable(schema.getItems()).map(JSONSchemaPropsOrArray::getSchema);
    return Stream.concat(
        own,
        Stream.concat(schema.getProperties().values().stream(), items)
            .flatMap(ValidationTest::rules));
  }

  private static CustomResourceDefinition definition() {
    return client
        .apiextensions()
        .v1()
        .customResourceDefinitions()
        .load(Path.of("..", "deploy", "base", "crds", "vsmmus.vsmmu.io.yaml").toFile())
        .item();
  }

  private static String conditions(String condition) {
    return json()
        .asJson(json().unmarshal("status: {conditions: [{%s}]}".formatted(condition), Map.class));
  }

  /** Made by the first who asks for it. */
  private static VSmmu stored(String name) {
    return client.resource(VSmmu.of(new VSmmuSpec(name, null, null, null))).serverSideApply();
  }

  private static KubernetesSerialization json() {
    return client.getKubernetesSerialization();
  }

  private static GenericKubernetesResource withSpec(String spec) {
    return named("node-1", spec);
  }

  /** Not as a VSmmu, which would fill in and correct by itself. */
  private static GenericKubernetesResource named(String name, String spec) {
    return json()
        .unmarshal(
            """
            apiVersion: vsmmu.io/v1alpha1
            kind: VSmmu
            metadata: {name: %s}
            spec: %s
            """
                .formatted(name, spec),
            GenericKubernetesResource.class);
  }

  private static boolean isEstablished(CustomResourceDefinition definition) {
    return definition != null
        && definition.getStatus() != null
        && definition.getStatus().getConditions() != null
        && definition.getStatus().getConditions().stream()
            .anyMatch(condition ->
                "Established".equals(condition.getType()) && "True".equals(condition.getStatus()));
  }
}
