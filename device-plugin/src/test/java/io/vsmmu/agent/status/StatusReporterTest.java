package io.vsmmu.agent.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.vsmmu.agent.TestCluster;
import io.vsmmu.agent.inventory.InventorySnapshot;
import io.vsmmu.agent.inventory.NodeReport;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.status.AgentFacts.Registration;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.NodeStatus;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Against a real API server. Every test has a node of its own. */
class StatusReporterTest {

  private static final ResourceSpec NIC =
      ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofVendor("8086"));
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static TestCluster cluster;
  private static KubernetesClient client;

  @TempDir Path state;
  private final List<Wish> wishes = new CopyOnWriteArrayList<>();
  private volatile Set<PciAddress> boundByUs = Set.of();
  private final Map<String, Registration> registrations = new ConcurrentHashMap<>();

  @BeforeAll
  static void start() {
    cluster = new TestCluster();
    client = cluster.client();
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @Test
  void tellsTheWishOfTheNodesVSmmuAndEveryChangeOfIt(TestInfo test) throws IOException {
    var node = nodeOf(test);
    try (var _ = reporter(client, node)) {
      await().atMost(LIMIT).until(() -> wishes.equals(List.of(Wish.NONE)));

      create(node, NIC);
      await().atMost(LIMIT).until(() -> lastWish().resources().equals(List.of(NIC)));
      assertThat(lastWish().generation()).isEqualTo(1);

      change(new VSmmuSpec(node, List.of(), null, true));
      await().atMost(LIMIT).until(() -> lastWish().dryRun());
      assertThat(lastWish()).isEqualTo(new Wish(2, List.of(), true));

      client.resources(VSmmu.class).withName(node).delete();
      await().atMost(LIMIT).until(() -> lastWish().equals(Wish.NONE));
    }
  }

  @Test
  void reportsItsOwnFieldsAndLeavesTheOperatorsAlone(TestInfo test) throws IOException {
    var node = nodeOf(test);
    create(node, NIC);
    applyAsOperator(node);

    try (var reporter = reporter(client, node)) {
      awaitWish(reporter);
      var status = awaitStatus(node, ConditionType.Discovered, "True");

      assertThat(status.agent()).isEqualTo(new AgentStatus(1L, "1.2.3"));
      assertThat(status.node()).isEqualTo(identity().node());
      assertThat(status.observedGeneration()).isEqualTo(1);
      assertThat(status.conditions())
          .extracting(Condition::getType)
          .containsExactlyInAnyOrder(
              "Ready", "Discovered", "NestingSupported", "Registered", "Released");
    }
  }

  @Test
  void aTransitionKeepsItsTimeOverARestart(TestInfo test) throws IOException {
    var node = nodeOf(test);
    create(node, NIC);
    String since;
    try (var reporter = reporter(client, node)) {
      awaitWish(reporter);
      awaitStatus(node, ConditionType.Discovered, "True");
      since = transition(node);
    }

    var later = InstantSource.offset(InstantSource.system(), Duration.ofHours(1));
    boundByUs = Set.of(PciAddress.parse("0000:09:00.0"));
    try (var reporter = reporter(client, node, later)) {
      awaitWish(reporter);
      change(new VSmmuSpec(node, List.of(), null, null));
      await().atMost(LIMIT).until(() -> lastWish().generation() == 2);
      reporter.changed();
      await().atMost(LIMIT).until(() -> new AgentStatus(2L, "1.2.3").equals(status(node).agent()));

      assertThat(transition(node)).isEqualTo(since);
    }
  }

  @Test
  void aDeletedVSmmuIsReleasedWhenEverythingIsGivenBack(TestInfo test) throws IOException {
    var node = nodeOf(test);
    var vsmmu = VSmmu.of(new VSmmuSpec(node, List.of(NIC), null, null));
    vsmmu.getMetadata().setFinalizers(List.of("vsmmu.io/test"));
    client.resource(vsmmu).create();
    boundByUs = Set.of(PciAddress.parse("0000:09:00.0"));

    try (var reporter = reporter(client, node)) {
      awaitWish(reporter);
      awaitStatus(node, ConditionType.Released, "False");
      client.resources(VSmmu.class).withName(node).delete();
      await().atMost(LIMIT).until(() -> lastWish().resources().isEmpty());

      reporter.changed();
      await()
          .atMost(LIMIT)
          .until(() ->
              ConditionType.Released.in(status(node).conditions())
                  .orElseThrow()
                  .getReason()
                  .equals("GivingBack"));

      boundByUs = Set.of();
      reporter.changed();
      awaitStatus(node, ConditionType.Released, "True");
    }
    edit(node, StatusReporterTest::withoutFinalizers);
  }

  @Test
  void withoutApiServerTheLastWishHolds(TestInfo test) throws IOException {
    var node = nodeOf(test);
    create(node, NIC);
    try (var reporter = reporter(client, node)) {
      awaitWish(reporter);
    }
    wishes.clear();

    var nobody = new ConfigBuilder().withMasterUrl("https://localhost:1").build();
    try (var away = TestCluster.clientOf(nobody);
        var _ = reporter(away, node)) {
      assertThat(wishes).containsExactly(new Wish(1, List.of(NIC), false));
    }
  }

  @Test
  void whatHappensIsToldAsEventsAboutTheVSmmu(TestInfo test) throws IOException {
    var node = nodeOf(test);
    create(node, NIC);
    try (var reporter = reporter(client, node)) {
      awaitWish(reporter);
      awaitStatus(node, ConditionType.Registered, "False");

      registrations.put(NIC.name(), new Registration(true, "Registered", ""));
      reporter.changed();
      await().atMost(LIMIT).until(() -> events(node).size() == 1);
      registrations.put(NIC.name(), new Registration(false, "KubeletAbsent", "no socket"));
      reporter.changed();
      await().atMost(LIMIT).until(() -> events(node).size() == 2);
    }

    assertThat(events(node))
        .extracting(Event::getType, Event::getReason, Event::getNote)
        .containsExactlyInAnyOrder(
            tuple("Normal", "Registered", "kubelet follows the devices of vsmmu.io/nic"),
            tuple("Warning", "KubeletAbsent", "vsmmu.io/nic: no socket"));
    assertThat(events(node))
        .allSatisfy(event ->
            assertThat(event.getRegarding().getUid())
                .isEqualTo(
                    client.resources(VSmmu.class).withName(node).get().getMetadata().getUid()));
  }

  private static List<Event> events(String node) {
    return client
        .events()
        .v1()
        .events()
        .inNamespace("default")
        .withField("regarding.name", node)
        .list()
        .getItems();
  }

  @Test
  void theLeaseIsRenewed(TestInfo test) {
    var node = nodeOf(test);
    try (var _ = new NodeLease(client, node, () -> false, InstantSource.system())) {
      var lease = client.leases().inNamespace(Names.NAMESPACE).withName(node);
      await().atMost(LIMIT).until(() -> lease.get() != null);

      assertThat(lease.get().getSpec().getHolderIdentity()).isEqualTo(node);
      assertThat(lease.get().getSpec().getLeaseDurationSeconds()).isEqualTo(40);
      var first = lease.get().getSpec().getRenewTime();
      await().atMost(LIMIT).until(() -> lease.get().getSpec().getRenewTime().isAfter(first));
    }
  }

  @Test
  void whoseVSmmuIsGoneMakesNoLeaseAnew(TestInfo test) throws IOException {
    var node = nodeOf(test);
    create(node, NIC);
    var asked = new AtomicInteger();
    try (var reporter = reporter(client, node)) {
      awaitWish(reporter);
      assertThat(reporter.isOver()).isFalse();
      client.resources(VSmmu.class).withName(node).delete();
      await().atMost(LIMIT).until(reporter::isOver);

      BooleanSupplier isOver =
          () -> {
            asked.incrementAndGet();
            return reporter.isOver();
          };
      try (var _ = new NodeLease(client, node, isOver, InstantSource.system())) {
        await().atMost(LIMIT).until(() -> asked.get() > 0);
      }
    }
    assertThat(client.leases().inNamespace(Names.NAMESPACE).withName(node).get()).isNull();
  }

  private StatusReporter reporter(KubernetesClient api, String node) throws IOException {
    return reporter(api, node, InstantSource.system());
  }

  private StatusReporter reporter(KubernetesClient api, String node, InstantSource clock)
      throws IOException {
    return new StatusReporter(api, node, identity(), this::facts, wishes::add, state, clock);
  }

  private static Identity identity() {
    return new Identity("1.2.3", new NodeStatus("aarch64", "7.3.4", "boot"));
  }

  private AgentFacts facts() {
    return new AgentFacts(
        new NodeReport(
            wishes.isEmpty() ? Wish.NONE : lastWish(),
            NodeTopology.of(List.of(), List.of("smmu3.0x0"), List.of()),
            InventorySnapshot.EMPTY,
            Map.of(),
            boundByUs,
            List.of()),
        List.of(),
        new TreeMap<>(registrations));
  }

  private void awaitWish(StatusReporter reporter) {
    await().atMost(LIMIT).until(() -> !wishes.isEmpty() && lastWish().generation() > 0);
    reporter.changed();
  }

  private Wish lastWish() {
    return wishes.getLast();
  }

  private static void create(String node, ResourceSpec resource) {
    client.resource(VSmmu.of(new VSmmuSpec(node, List.of(resource), null, null))).create();
  }

  private static void change(VSmmuSpec spec) {
    edit(
        spec.nodeName(),
        vsmmu -> {
          vsmmu.setSpec(spec);
          return vsmmu;
        });
  }

  /** Whatever the reporter writes meanwhile: the API server then refuses. */
  private static void edit(String node, UnaryOperator<VSmmu> change) {
    await()
        .atMost(LIMIT)
        .ignoreExceptionsMatching(failure ->
            failure instanceof KubernetesClientException refused
                && refused.getCode() == HttpURLConnection.HTTP_CONFLICT)
        .until(() -> client.resources(VSmmu.class).withName(node).edit(change) != null);
  }

  private static VSmmu withoutFinalizers(VSmmu vsmmu) {
    vsmmu.getMetadata().setFinalizers(List.of());
    return vsmmu;
  }

  private static void applyAsOperator(String node) {
    var ready =
        new ConditionBuilder()
            .withType("Ready")
            .withStatus("False")
            .withReason("Waiting")
            .withMessage("waits for the agent")
            .withLastTransitionTime("2026-01-01T00:00:00Z")
            .build();
    client
        .resource(VSmmu.statusPatch(node, VSmmuStatus.ofOperator(1, List.of(ready), null)))
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(Names.OPERATOR)
                .build());
  }

  private static VSmmuStatus awaitStatus(String node, ConditionType type, String wanted) {
    await()
        .atMost(LIMIT)
        .until(() ->
            type.in(status(node).conditions())
                .filter(condition -> condition.getStatus().equals(wanted))
                .isPresent());
    return status(node);
  }

  private static VSmmuStatus status(String node) {
    return Objects.requireNonNullElse(
        client.resources(VSmmu.class).withName(node).get().getStatus(), VSmmuStatus.EMPTY);
  }

  private static String transition(String node) {
    return ConditionType.Discovered.in(status(node).conditions())
        .orElseThrow()
        .getLastTransitionTime();
  }

  private static String nodeOf(TestInfo test) {
    return test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
  }
}
