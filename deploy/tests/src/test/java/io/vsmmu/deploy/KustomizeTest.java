package io.vsmmu.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class KustomizeTest {

  private static final String DEPLOY = Sources.DEPLOY.toString();

  @Test
  void rendersTheSameTwice() {
    Program kubectl = Program.kubectl();

    assertThat(kubectl.run("kustomize", DEPLOY)).isEqualTo(kubectl.run("kustomize", DEPLOY));
  }

  @Test
  void withoutKubeVirtTheOperatorLacksItsRightsAndNothingElse() throws IOException {
    Program kubectl = Program.kubectl();
    var all = new TreeMap<>(Rendering.of(kubectl.run("kustomize", DEPLOY)).objects());
    var plain = Rendering.of(kubectl.run("kustomize", DEPLOY + "/overlays/plain")).objects();

    assertThat(all.keySet()).containsAll(plain.keySet());
    all.keySet().removeAll(plain.keySet());
    assertThat(all.keySet()).isEqualTo(ofKubeVirt()).isNotEmpty();
  }

  @Test
  void isAppliedAnewOverASecretThatCertManagerMade() {
    try (ApiServer server = ApiServer.start()) {
      Program kubectl = Program.kubectl(server);
      kubectl.run("apply", "-k", DEPLOY);
      kubectl.run("--namespace=vsmmu-system", "delete", "secret", "vsmmu-operator-webhook");
      kubectl.runOn(
          """
          apiVersion: v1
          kind: Secret
          metadata: {name: vsmmu-operator-webhook, namespace: vsmmu-system}
          type: kubernetes.io/tls
          stringData: {tls.crt: certificate, tls.key: key}
          """,
          "create",
          "-f",
          "-");

      kubectl.run("apply", "-k", DEPLOY);

      assertThat(
              kubectl.run(
                  "--namespace=vsmmu-system",
                  "get",
                  "secret",
                  "vsmmu-operator-webhook",
                  "--output=jsonpath={.type}:{.data.tls\\.key}"))
          .isEqualTo("kubernetes.io/tls:a2V5");
    }
  }

  /** What is in the files of the base that are named after KubeVirt. */
  private static Set<String> ofKubeVirt() throws IOException {
    StringBuilder yaml = new StringBuilder();
    try (var files = Files.newDirectoryStream(Sources.DEPLOY.resolve("base"), "*kubevirt*.yaml")) {
      for (Path file : files) {
        yaml.append("---\n").append(Files.readString(file));
      }
    }
    return Rendering.of(yaml.toString()).objects().keySet();
  }

  @Test
  void installsAndIsGoneWithoutATrace() {
    try (ApiServer server = ApiServer.start()) {
      Program kubectl = Program.kubectl(server);
      Set<String> before = Inventory.of(kubectl);

      assertThat(kubectl.run("apply", "-k", DEPLOY).lines())
          .isNotEmpty()
          .allMatch(line -> line.endsWith(" created"));
      kubectl.run("wait", "--for=condition=Established", "--timeout=60s", "crd/vsmmus.vsmmu.io");
      kubectl.run("apply", "-k", DEPLOY);
      assertThat(kubectl.run("diff", "-k", DEPLOY)).isEmpty();
      kubectl.run("apply", "--dry-run=server", "-k", DEPLOY + "/overlays/plain");

      kubectl.run("delete", "--wait=false", "-k", DEPLOY);

      kubectl.run("wait", "--for=delete", "--timeout=60s", "crd/vsmmus.vsmmu.io");
      // A namespace goes when its controller has looked into it, and there is none here.
      assertThat(kubectl.run("get", "namespace", "vsmmu-system")).contains("Terminating");
      assertThat(Inventory.of(kubectl))
          .isSubsetOf(Inventory.with(before, "namespace/vsmmu-system"));
    }
  }
}
