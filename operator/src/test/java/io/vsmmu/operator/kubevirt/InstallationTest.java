package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.kubevirt.KubeVirts.NIC_PERMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vsmmu.api.v1alpha1.EffectiveSocket;
import io.vsmmu.api.v1alpha1.IommufdSocket;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InstallationTest {

  @Test
  void readsWhatMattersOfTheObject() {
    Installation kubevirt =
        read(
            """
            metadata:
              namespace: kubevirt
              name: kubevirt
              annotations: {vsmmu.io/permitted-host-devices: "8086:10D3=vsmmu.io/nic"}
              managedFields:
              - {manager: virt-operator, subresource: status, time: "2026-03-01T00:00:00Z"}
              - {manager: kubectl-edit, time: "2026-01-01T00:00:00Z"}
              - {manager: argocd-controller, time: "2026-01-02T00:00:00Z"}
              - {manager: vsmmu-operator, time: "2026-02-01T00:00:00Z"}
            spec:
              configuration:
                developerConfiguration: {featureGates: [HostDevices, IOMMUFD]}
                permittedHostDevices:
                  pciHostDevices:
                  - {pciVendorSelector: "8086:10d3", resourceName: vsmmu.io/nic, externalResourceProvider: true}
                  mediatedDevices: []
            status: {phase: Deployed, observedKubeVirtVersion: v1.9.0}
            """);

    assertThat(kubevirt.isDeployed()).isTrue();
    assertThat(kubevirt.version()).isEqualTo("v1.9.0");
    assertThat(kubevirt.gates()).isEqualTo(new FeatureGates(Set.of("HostDevices", "IOMMUFD")));
    assertThat(kubevirt.permits()).containsExactly(NIC_PERMIT);
    assertThat(kubevirt.recorded()).containsExactly(NIC_PERMIT);
    assertThat(kubevirt.alone()).isFalse();
    assertThat(kubevirt.writers()).containsExactlyInAnyOrder("kubectl-edit", "argocd-controller");
  }

  @Test
  void anObjectWithoutConfigurationHasNone() {
    Installation kubevirt = read("metadata: {namespace: kv, name: kv}\nspec: {}\n");

    assertThat(kubevirt.isDeployed()).isFalse();
    assertThat(kubevirt.permitted()).isEmpty();
    assertThat(kubevirt.recorded()).isEmpty();
    assertThat(kubevirt.alone()).isTrue();
    assertThat(kubevirt.writers()).isEmpty();
  }

  @Test
  void theRecordCanBeReadBack() {
    String record = Installation.record(Set.of(KubeVirts.GPU_PERMIT, NIC_PERMIT));

    assertThat(record).isEqualTo("10DE:2941=vsmmu.io/gpu,8086:10D3=vsmmu.io/nic");
    assertThat(Installation.record(Set.of())).isNull();
  }

  @Test
  void whatSomebodyElseWroteIntoTheRecordCountsForNothing() {
    Installation kubevirt =
        read(
            """
            metadata:
              namespace: kv
              name: kv
              annotations: {vsmmu.io/permitted-host-devices: "all of them,8086:10D3=vsmmu.io/nic,"}
            """);

    assertThat(kubevirt.recorded()).containsExactly(NIC_PERMIT);
  }

  @Test
  void theSocketIsOursUnlessKubeVirtProvidesOne() {
    FeatureGates on = new FeatureGates(Set.of(FeatureGates.IOMMUFD));
    FeatureGates off = new FeatureGates(Set.of());

    assertThat(IommufdSockets.effective(IommufdSocket.Auto, off)).isEqualTo(EffectiveSocket.Always);
    assertThat(IommufdSockets.effective(IommufdSocket.Auto, on)).isEqualTo(EffectiveSocket.Never);
    assertThat(IommufdSockets.effective(IommufdSocket.Always, on))
        .isEqualTo(EffectiveSocket.Always);
    assertThat(IommufdSockets.effective(IommufdSocket.Never, off)).isEqualTo(EffectiveSocket.Never);
  }

  private static Installation read(String yaml) {
    return Installation.of(Serialization.unmarshal(yaml, GenericKubernetesResource.class));
  }
}
