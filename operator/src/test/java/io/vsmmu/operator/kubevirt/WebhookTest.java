package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.cluster.Cluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.GuestTopology;
import io.vsmmu.api.v1alpha1.KubeVirtSpec;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.Nesting;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorInProcess;
import io.vsmmu.operator.cluster.ShownCertificate;
import io.vsmmu.operator.cluster.WebhookOnLoopback;
import io.vsmmu.operator.webhook.CertManager;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** On a real API server that asks the operator's webhook over TLS. */
@Execution(ExecutionMode.SAME_THREAD)
class WebhookTest {

  private static final String OBJECTS = "vsmmu-operator-webhook";
  private static final String SIDECARS = "hooks.kubevirt.io/hookSidecars";
  private static final String GATES =
      "developerConfiguration: {featureGates: [HostDevices, Sidecar]}";
  private static final String OURS =
      "{\"image\":\"%s\",\"imagePullPolicy\":\"IfNotPresent\"}"
          .formatted(WebhookOnLoopback.SIDECAR_IMAGE);
  private static final Path MACHINES =
      Path.of("src/test/resources/io/vsmmu/operator/kubevirt/machines.yaml");

  private static final AtomicReference<Duration> offset = new AtomicReference<>(Duration.ZERO);
  private static final WebhookOnLoopback webhook = WebhookOnLoopback.atAFreePort();

  private static Cluster cluster;
  private static KubeVirtInstall kubevirt;
  private static OperatorInProcess operator;

  @BeforeAll
  static void start() {
    cluster = new Cluster();
    kubevirt = new KubeVirtInstall(cluster);
    kubevirt.define();
    cluster.kubectl("apply", "-f", MACHINES.toString());
    cluster.kubectl(
        "wait",
        "--for=condition=Established",
        "crd/virtualmachineinstances.kubevirt.io",
        "--timeout=60s");
    operator = startOperator();
  }

  private static OperatorInProcess startOperator() {
    Clock clock = ((InstantSource) () -> Instant.now().plus(offset.get())).withZone(ZoneOffset.UTC);
    return OperatorInProcess.start(cluster, webhook, clock);
  }

  @AfterAll
  static void stop() {
    operator.close();
    cluster.close();
  }

  @AfterEach
  void clean() {
    cluster.admin().resources(VSmmu.class).delete();
    eventually().until(() -> cluster.admin().resources(VSmmu.class).list().getItems().isEmpty());
    kubevirt.remove();
  }

  @Test
  void aMachineThatAsksForOneOfOurResourcesGetsTheSidecar() {
    kubevirt.deploy(GATES);
    offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    offer("n2", "vsmmu.io/gpu", GuestTopology.VSmmu);
    offer("n3", "vsmmu.io/bare", GuestTopology.Unmanaged);
    awaitAsked("vsmmu.io/nic", "vsmmu.io/gpu");

    assertThat(sidecars("{}", "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]"))
        .contains("[" + OURS + "]");
    assertThat(sidecars("{}", "gpus: [{name: a, deviceName: vsmmu.io/gpu}]"))
        .contains("[" + OURS + "]");
    assertThat(
            sidecars(
                "{%s: '[{\"image\":\"smbios:1\"}]', other: x}".formatted(SIDECARS),
                "hostDevices: [{name: a, claimName: c}, {name: b, deviceName: vsmmu.io/nic}]"))
        .contains("[{\"image\":\"smbios:1\"}," + OURS + "]");
    assertThat(
            sidecars(
                "{vsmmu.io/guest-topology: VSmmu}",
                "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]"))
        .contains("[" + OURS + "]");
    assertThat(
            sidecars(
                "kubevirt.io/v1alpha3", "{}", "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]"))
        .contains("[" + OURS + "]");

    assertThat(sidecars("{}", "hostDevices: [{name: a, deviceName: vsmmu.io/bare}]")).isEmpty();
    assertThat(sidecars("{}", "gpus: [{name: a, deviceName: nvidia.com/gpu}]")).isEmpty();
    assertThat(sidecars("{}", "disks: []")).isEmpty();
    assertThat(
            sidecars(
                "{vsmmu.io/guest-topology: Unmanaged}",
                "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]"))
        .isEmpty();
  }

  @Test
  void whatAnAuthorGotWrongIsRefusedWithWordsForHim() {
    kubevirt.deploy(GATES);
    offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitAsked("vsmmu.io/nic");

    assertThatThrownBy(() ->
            sidecars(
                "{vsmmu.io/guest-topology: 'no'}",
                "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]"))
        .hasMessageContaining("annotation vsmmu.io/guest-topology is 'no'; it must be VSmmu");
    assertThatThrownBy(() ->
            sidecars(
                "{%s: smbios}".formatted(SIDECARS),
                "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]"))
        .hasMessageContaining("must be a JSON list of objects");
  }

  @Test
  void answersAreCountedByWhatBecameOfTheMachine() {
    kubevirt.deploy(GATES);
    offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitAsked("vsmmu.io/nic");
    String nic = "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]";
    long added = operator.webhookAnswers("added");
    long unchanged = operator.webhookAnswers("unchanged");
    long refused = operator.webhookAnswers("refused");

    sidecars("{}", nic);
    sidecars("{%s: '[%s]'}".formatted(SIDECARS, OURS), nic);
    assertThatThrownBy(() -> sidecars("{vsmmu.io/guest-topology: 'no'}", nic));

    assertThat(operator.webhookAnswers("added")).isEqualTo(added + 1);
    assertThat(operator.webhookAnswers("unchanged")).isEqualTo(unchanged + 1);
    assertThat(operator.webhookAnswers("refused")).isEqualTo(refused + 1);
  }

  @Test
  void aDeviceThatIsOfferedWithoutNestingKeepsTheSidecarFromMachinesThatMayGetIt() {
    kubevirt.deploy(GATES);
    VSmmu requiring = offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitAsked("vsmmu.io/nic");

    VSmmu preferring = prefer("n2", "vsmmu.io/nic");
    report(preferring, false);
    eventually().until(() -> webhooks().isEmpty());
    assertThat(sidecars("{}", "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]")).isEmpty();
    for (VSmmu each : List.of(requiring, preferring)) {
      eventually()
          .untilAsserted(() ->
              assertThat(condition(each))
                  .map(Condition::getMessage)
                  .hasValueSatisfying(message ->
                      assertThat(message).contains("vsmmu.io/nic without virtual SMMUs")));
    }

    report(preferring, true);
    awaitAsked("vsmmu.io/nic");
  }

  @Test
  void withTheOperatorAwayOnlyMachinesWithOurDevicesWait() {
    kubevirt.deploy(GATES);
    offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitAsked("vsmmu.io/nic");
    operator.close();
    try {
      assertThatThrownBy(() -> sidecars("{}", "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]"))
          .isInstanceOf(KubernetesClientException.class)
          .hasMessageContaining("failed calling webhook \"virtualmachineinstances.vsmmu.io\"");
      assertThat(sidecars("{}", "gpus: [{name: a, deviceName: nvidia.com/gpu}]")).isEmpty();
      assertThat(
              sidecars(
                  "{vsmmu.io/guest-topology: Unmanaged}",
                  "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]"))
          .isEmpty();
    } finally {
      operator = startOperator();
    }

    eventually()
        .ignoreException(KubernetesClientException.class)
        .untilAsserted(() ->
            assertThat(sidecars("{}", "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]"))
                .contains("[" + OURS + "]"));
  }

  @Test
  void nothingIsInjectedWhileKubeVirtWouldRefuseItAndTheConditionSaysWhy() {
    kubevirt.deploy("developerConfiguration: {featureGates: [HostDevices]}");
    VSmmu vsmmu = offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitReason(vsmmu, "SidecarGateOff");
    assertThat(webhooks()).isEmpty();
    assertThat(sidecars("{}", "hostDevices: [{name: a, deviceName: vsmmu.io/nic}]")).isEmpty();

    kubevirt.patch(
        "kubectl-edit",
        "{\"developerConfiguration\":{\"featureGates\":[\"HostDevices\",\"Sidecar\"]}}");
    awaitReason(vsmmu, "Permitted");
    awaitAsked("vsmmu.io/nic");

    kubevirt.release("v1.8.4");
    awaitReason(vsmmu, "KubeVirtTooOld");
    eventually().until(() -> webhooks().isEmpty());
  }

  @Test
  void theApiServerAsksNobodyAfterTheLastVSmmuIsGone() {
    kubevirt.deploy(GATES);
    VSmmu vsmmu = offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitAsked("vsmmu.io/nic");

    cluster.admin().resource(vsmmu).delete();

    eventually().until(() -> webhooks().isEmpty());
  }

  @Test
  void aRightThatIsMissingHoldsUpNoDeletion() {
    kubevirt.deploy(GATES);
    VSmmu vsmmu = offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitAsked("vsmmu.io/nic");
    cluster
        .admin()
        .rbac()
        .clusterRoles()
        .withName(OBJECTS)
        .edit(role -> {
          role.getRules().forEach(rule -> rule.getVerbs().remove("patch"));
          return role;
        });
    try {
      // The API server heeds it a moment later.
      eventually().until(() -> !mayPatchConfiguration());

      cluster.admin().resource(vsmmu).delete();

      eventually().until(() -> cluster.admin().resource(vsmmu).get() == null);
    } finally {
      cluster.kubectl("apply", "-k", Cluster.DEPLOY.resolve("base").toString());
      // It went without a word to the API server, which would ask about the next test's machines.
      cluster.kubectl(
          "patch",
          "mutatingwebhookconfiguration",
          OBJECTS,
          "--type=merge",
          "-p={\"webhooks\":null}");
    }
  }

  private static boolean mayPatchConfiguration() {
    SubjectAccessReview question =
        new SubjectAccessReviewBuilder()
            .withNewSpec()
            .withUser("system:serviceaccount:%s:%s".formatted(Names.NAMESPACE, Names.OPERATOR))
            .withNewResourceAttributes()
            .withVerb("patch")
            .withGroup("admissionregistration.k8s.io")
            .withResource("mutatingwebhookconfigurations")
            .withName(OBJECTS)
            .endResourceAttributes()
            .endSpec()
            .build();
    return cluster
        .admin()
        .authorization()
        .v1()
        .subjectAccessReview()
        .create(question)
        .getStatus()
        .getAllowed();
  }

  @Test
  void whatSomebodyChangesIsPutRight() {
    kubevirt.deploy(GATES);
    offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitAsked("vsmmu.io/nic");

    cluster.kubectl(
        "patch",
        "mutatingwebhookconfiguration",
        OBJECTS,
        "--type=json",
        "-p=[{\"op\":\"replace\",\"path\":\"/webhooks/0/failurePolicy\",\"value\":\"Ignore\"}]");
    eventually().until(() -> webhooks().getFirst().getFailurePolicy().equals("Fail"));

    cluster.kubectl(
        "patch",
        "secret",
        "--namespace=" + Names.NAMESPACE,
        OBJECTS,
        "--type=merge",
        "-p={\"data\":null}");
    eventually().until(() -> entry(secret(), "tls.crt").isPresent());
    awaitAsked("vsmmu.io/nic");
  }

  @Test
  void whatIsNotInstalledIsNamedWithTheCureByEveryVSmmu() {
    kubevirt.deploy(GATES);
    List<VSmmu> vsmmus =
        List.of(
            offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu),
            offer("n2", "vsmmu.io/nic", GuestTopology.VSmmu));
    vsmmus.forEach(vsmmu -> awaitReason(vsmmu, "Permitted"));
    awaitAsked("vsmmu.io/nic");

    cluster.kubectl("delete", "mutatingwebhookconfiguration", OBJECTS);
    for (VSmmu vsmmu : vsmmus) {
      awaitReason(vsmmu, "WebhookFailed");
      assertThat(condition(vsmmu).orElseThrow().getMessage())
          .contains(
              "MutatingWebhookConfiguration vsmmu-operator-webhook does not exist; apply deploy");
    }

    cluster.kubectl("delete", "secret", "--namespace=" + Names.NAMESPACE, OBJECTS);
    for (VSmmu vsmmu : vsmmus) {
      eventually()
          .untilAsserted(() ->
              assertThat(condition(vsmmu).orElseThrow().getMessage())
                  .as("also of trouble after trouble")
                  .contains("Secret vsmmu-system/vsmmu-operator-webhook does not exist; apply"));
    }

    cluster.kubectl("apply", "-k", Cluster.DEPLOY.resolve("base").toString());
    vsmmus.forEach(vsmmu -> awaitReason(vsmmu, "Permitted"));
    awaitAsked("vsmmu.io/nic");
  }

  @Test
  void whatCertManagerFillsIsServedAndLeftAsItIs() {
    kubevirt.deploy(GATES);
    offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitAsked("vsmmu.io/nic");
    Map<String, String> theirs = CertManager.entries(webhook.host());
    try {
      patchSecret(CertManager.patch(theirs));

      eventually()
          .untilAsserted(() ->
              assertThat(webhooks().getFirst().getClientConfig().getCaBundle())
                  .isEqualTo(theirs.get("ca.crt")));
      awaitAsked("vsmmu.io/nic");
      assertThat(secret().getData()).containsAllEntriesOf(theirs);
    } finally {
      patchSecret(CertManager.END);
      eventually().until(() -> entry(secret(), "ca.key").isPresent());
    }
  }

  private static void patchSecret(String patch) {
    cluster.kubectl(
        "patch", "secret", "--namespace=" + Names.NAMESPACE, OBJECTS, "--type=merge", "-p", patch);
  }

  /** The API server has a clock of its own, so that the operator's comes from the past. */
  @Test
  void certificateAndAuthorityAreReplacedInTimeAndNobodyNotices() throws Exception {
    kubevirt.deploy(GATES);
    offer("n1", "vsmmu.io/nic", GuestTopology.VSmmu);
    awaitAsked("vsmmu.io/nic");
    offset.set(Duration.ofDays(-731));
    cluster.kubectl(
        "patch",
        "secret",
        "--namespace=" + Names.NAMESPACE,
        OBJECTS,
        "--type=merge",
        "-p={\"data\":null}");
    eventually().until(() -> entry(secret(), "tls.crt").isPresent());
    Map<String, String> past = secret().getData();
    look(Duration.ofDays(-62));
    // Until the operator has looked, the API server may get its answers by what was there before.
    eventually().until(() -> differs(past, "tls.crt"));
    awaitAsked("vsmmu.io/nic");
    Map<String, String> first = secret().getData();

    look(Duration.ofHours(-2));
    eventually().until(() -> isAskedWhile(() -> differs(first, "ca.crt")));
    assertThat(secret().getData()).containsEntry("tls.crt", first.get("tls.crt"));
    eventually()
        .until(() ->
            isAskedWhile(() ->
                webhooks()
                    .getFirst()
                    .getClientConfig()
                    .getCaBundle()
                    .equals(secret().getData().get("ca.crt"))));

    X509Certificate before = shown();
    look(Duration.ZERO);
    eventually().until(() -> isAskedWhile(() -> differs(first, "tls.crt")));
    eventually().until(() -> isAskedWhile(() -> !shown().equals(before)));
    assertThat(shown().getIssuerX500Principal()).isNotEqualTo(before.getIssuerX500Principal());
    assertThat(isAskedWhile(() -> true)).isTrue();
  }

  /**
   * Has the operator's clock go to some time from now, and the operator look at its certificate.
   */
  private static void look(Duration fromNow) {
    offset.set(fromNow);
    cluster.kubectl(
        "annotate", "secret", "-n", Names.NAMESPACE, OBJECTS, "--overwrite", "look=" + fromNow);
  }

  private static boolean differs(Map<String, String> before, String entry) {
    return !Objects.equals(before.get(entry), secret().getData().get(entry));
  }

  /** Fails if the API server gets no answer. */
  private static boolean isAskedWhile(Callable<Boolean> condition) throws Exception {
    boolean holds = condition.call();
    assertThat(sidecars("{}", "gpus: [{name: a, deviceName: vsmmu.io/nic}]")).isPresent();
    return holds;
  }

  private static VSmmu offer(String node, String resource, GuestTopology topology) {
    return cluster
        .admin()
        .resource(
            VSmmu.of(
                new VSmmuSpec(
                    node,
                    List.of(ResourceSpec.of(resource, DeviceSelector.ofIds("8086", "10d3"))),
                    new KubeVirtSpec(null, null, topology),
                    null)))
        .create();
  }

  private static VSmmu prefer(String node, String resource) {
    return cluster
        .admin()
        .resource(
            VSmmu.of(
                new VSmmuSpec(
                    node,
                    List.of(
                        new ResourceSpec(
                            resource,
                            List.of(DeviceSelector.ofIds("8086", "10d3")),
                            null,
                            null,
                            null,
                            null,
                            null,
                            Nesting.Preferred,
                            null)),
                    null,
                    null)))
        .create();
  }

  /** As its agent would: a device behind an SMMU. */
  private static void report(VSmmu vsmmu, boolean nests) {
    String smmu = "smmu3.0x0000000000000001";
    cluster.kubectl(
        "patch",
        "vsmmu",
        vsmmu.getMetadata().getName(),
        "--subresource=status",
        "--type=merge",
        "-p",
        """
        {"status": {
          "smmus": [{"name": "%1$s", "nesting": %2$s}],
          "devices": [{"pciAddress": "0000:01:00.0", "resource": "vsmmu.io/nic", "smmu": "%1$s",
                       "vendor": "8086", "device": "10d3", "state": "Available"}]}}
        """
            .formatted(smmu, nests));
  }

  /**
   * Until a machine with one of these is asked about; the API server hears of it a moment later.
   */
  private static void awaitAsked(String... resources) {
    for (String resource : resources) {
      eventually()
          .ignoreException(KubernetesClientException.class)
          .untilAsserted(() ->
              assertThat(sidecars("{}", "gpus: [{name: a, deviceName: %s}]".formatted(resource)))
                  .isPresent());
    }
  }

  /** Those that a new machine would have. */
  private static Optional<String> sidecars(String annotations, String devices) {
    return sidecars("kubevirt.io/v1", annotations, devices);
  }

  private static Optional<String> sidecars(String version, String annotations, String devices) {
    GenericKubernetesResource machine =
        Serialization.unmarshal(
            """
            apiVersion: %s
            kind: VirtualMachineInstance
            metadata: {namespace: default, generateName: vm-, annotations: %s}
            spec: {domain: {devices: {%s}}}
            """
                .formatted(version, annotations, devices),
            GenericKubernetesResource.class);
    Map<String, String> result =
        cluster.admin().resource(machine).dryRun().create().getMetadata().getAnnotations();
    return Optional.ofNullable(result).map(all -> all.get(SIDECARS));
  }

  private static List<MutatingWebhook> webhooks() {
    return cluster
        .admin()
        .admissionRegistration()
        .v1()
        .mutatingWebhookConfigurations()
        .withName(OBJECTS)
        .get()
        .getWebhooks();
  }

  private static Secret secret() {
    return cluster.admin().secrets().inNamespace(Names.NAMESPACE).withName(OBJECTS).get();
  }

  private static Optional<String> entry(Secret secret, String name) {
    return Optional.ofNullable(secret.getData()).map(data -> data.get(name));
  }

  /** The certificate that a client is shown now. */
  private static X509Certificate shown() throws Exception {
    return ShownCertificate.at(webhook.port());
  }

  private static Optional<Condition> condition(VSmmu vsmmu) {
    return Optional.ofNullable(cluster.admin().resource(vsmmu).get().getStatus())
        .flatMap(status -> ConditionType.KubeVirtReady.in(status.conditions()));
  }

  private static void awaitReason(VSmmu vsmmu, String reason) {
    eventually()
        .untilAsserted(
            () -> assertThat(condition(vsmmu)).map(Condition::getReason).contains(reason));
  }
}
