package io.vsmmu.operator.uninstall;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.vsmmu.api.v1alpha1.AgentStatus;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.operator.cluster.Cluster;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UninstallTest {

  private static final Duration AT_ONCE = Duration.ofNanos(1);
  private static final Duration LONG = Duration.ofMinutes(5);

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, UTF_8);

  @Test
  void sendsEveryVSmmuAwayAndSaysWhatTheLastOneWaitsFor() throws Exception {
    try (Cluster cluster = new Cluster()) {
      create(cluster, "free");
      create(cluster, "used", "example.org/devices-in-use");
      say(cluster, "used", "waits for virtual machines that use devices: pod default/vm");
      Uninstall uninstall = new Uninstall(cluster.admin(), out);

      assertThat(uninstall.run(AT_ONCE)).isEqualTo(1);
      assertThat(printed.toString(UTF_8))
          .contains("these VSmmu objects are left")
          .contains("  used: Deleting: waits for virtual machines that use devices: pod default/vm")
          .contains("end the virtual machines");

      Cluster.edit(
          cluster.admin().resources(VSmmu.class).withName("used"),
          vsmmu -> {
            vsmmu.getMetadata().setFinalizers(List.of());
            return vsmmu;
          });

      assertThat(uninstall.run(LONG)).isZero();
      assertThat(printed.toString(UTF_8)).endsWith("no VSmmu is left\n");
      assertThat(cluster.admin().resources(VSmmu.class).list().getItems()).isEmpty();
    }
  }

  @Test
  void waitsForTheOperatorWhileItIsAtWork() throws Exception {
    try (Cluster cluster = new Cluster()) {
      create(cluster, "used", "example.org/devices-in-use");
      Thread operator =
          Thread.ofVirtual()
              .start(() -> {
                var vsmmu = cluster.admin().resources(VSmmu.class).withName("used");
                vsmmu.waitUntilCondition(
                    now -> now != null && now.isMarkedForDeletion(), 5, TimeUnit.MINUTES);
                vsmmu.edit(now -> {
                  now.getMetadata().setFinalizers(List.of());
                  return now;
                });
              });

      assertThat(new Uninstall(cluster.admin(), out).run(LONG)).isZero();
      operator.join();
      assertThat(printed.toString(UTF_8)).contains("VSmmu used is gone");
    }
  }

  @Test
  void hasNothingToDoWithoutTheApi() throws Exception {
    try (Cluster cluster = new Cluster()) {
      cluster.kubectl("delete", "crd", "vsmmus.vsmmu.io");

      assertThat(new Uninstall(cluster.admin(), out).run(AT_ONCE)).isZero();
      assertThat(printed.toString(UTF_8)).contains("the VSmmu API is not installed");
    }
  }

  private static void create(Cluster cluster, String node, String... finalizers) {
    VSmmu vsmmu = VSmmu.of(new VSmmuSpec(node, null, null, null));
    vsmmu.getMetadata().setFinalizers(List.of(finalizers));
    cluster.admin().resource(vsmmu).create();
  }

  private static void say(Cluster cluster, String node, String message) {
    Cluster.report(
        cluster.admin(),
        node,
        VSmmuStatus.ofAgent(
            List.of(
                new ConditionBuilder()
                    .withType(ConditionType.Ready.name())
                    .withStatus("False")
                    .withReason("Deleting")
                    .withMessage(message)
                    .withLastTransitionTime("2026-01-01T00:00:00Z")
                    .build()),
            new AgentStatus(1L, "test"),
            null,
            List.of(),
            List.of(),
            List.of(),
            null));
  }
}
