package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.cluster.Cluster.eventually;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import io.vsmmu.operator.cluster.Cluster;
import io.vsmmu.operator.cluster.OperatorProcess;
import io.vsmmu.operator.cluster.ShownCertificate;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of several replicas one makes the certificate, and the API server may ask any of them. */
class WebhookReplicasIT {

  @Test
  void allShowTheCertificateThatOneOfThemMadeAndItsSuccessor(@TempDir Path directory)
      throws Exception {
    try (Cluster cluster = new Cluster();
        OperatorProcess first = OperatorProcess.start(cluster, "first", directory);
        OperatorProcess second = OperatorProcess.start(cluster, "second", directory)) {
      KubeVirtInstall kubevirt = new KubeVirtInstall(cluster);
      kubevirt.define();
      kubevirt.deploy("developerConfiguration: {featureGates: [HostDevices, Sidecar]}");
      ResourceSpec nic = ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("8086", "10d3"));
      cluster.admin().resource(VSmmu.of(new VSmmuSpec("n1", List.of(nic), null, null))).create();
      List<OperatorProcess> replicas = List.of(first, second);
      eventually()
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> shownBy(replicas).size() == 1);
      X509Certificate before = shownBy(replicas).iterator().next();

      cluster.kubectl(
          "patch",
          "secret",
          "--namespace=" + Names.NAMESPACE,
          "vsmmu-operator-webhook",
          "--type=merge",
          "-p={\"data\":null}");

      eventually()
          .ignoreExceptionsInstanceOf(IOException.class)
          .until(() -> {
            Set<X509Certificate> shown = shownBy(replicas);
            return shown.size() == 1 && !shown.contains(before);
          });
    }
  }

  private static Set<X509Certificate> shownBy(List<OperatorProcess> replicas) throws Exception {
    Set<X509Certificate> shown = new HashSet<>();
    for (OperatorProcess replica : replicas) {
      replica.assertAlive();
      shown.add(ShownCertificate.at(replica.webhookPort()));
    }
    return shown;
  }
}
