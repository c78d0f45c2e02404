package io.vsmmu.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.lab.apiserver.ApiServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The chart from its installation to its end, with the operator that is shipped. There is no node:
 * the test runs the hook's Job as the kubelet would.
 */
class ChartInstallIT {

  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir private Path home;

  @Test
  void uninstallSendsTheVSmmusAwayFirstAndLeavesNothing() throws Exception {
    try (ApiServer server = ApiServer.start();
        KubernetesClient client =
            new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(server.kubeconfig().toFile()))
                .build()) {
      Program helm = Program.helm(server, home);
      Program kubectl = Program.kubectl(server);
      Set<String> before = Inventory.of(kubectl);

      assertThat(helm.run("install", "vsmmu", Sources.CHART.toString(), "--create-namespace"))
          .contains("STATUS: deployed")
          .contains("pod-security.kubernetes.io/enforce=privileged");
      helm.run("upgrade", "vsmmu", Sources.CHART.toString(), "--set=operator.replicas=2");

      try (ImageProcess operator =
          ImageProcess.start(
              "/usr/bin/vsmmu-operator", List.of(), server, client, "vsmmu-operator", home)) {
        kubectl.run("apply", "-f", Sources.SAMPLES.resolve("vsmmu-grace.yaml").toString());
        Awaitility.await()
            .atMost(LONG)
            .untilAsserted(() -> {
              operator.assertAlive();
              VSmmu vsmmu = client.resources(VSmmu.class).withName("grace-1").get();
              assertThat(vsmmu.getFinalizers()).as(operator.log()).isNotEmpty();
            });

        try (JobRunner hook = JobRunner.watch(server, client, home)) {
          assertThat(helm.run("uninstall", "vsmmu", "--wait", "--timeout=5m"))
              .contains("release \"vsmmu\" uninstalled");
          assertThat(hook.log()).contains("VSmmu grace-1 is gone", "no VSmmu is left");
        }
      }

      assertThat(Inventory.of(kubectl))
          .isSubsetOf(
              Inventory.with(
                  before,
                  // By --create-namespace; with it goes what is in it.
                  "namespace/vsmmu-system",
                  "lease.coordination.k8s.io/vsmmu-operator"));
    }
  }
}
