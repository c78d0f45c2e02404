package io.vsmmu.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import org.junit.jupiter.api.Test;

class VSmmuJsonTest {

  private final KubernetesSerialization json = new KubernetesSerialization();

  @Test
  void aSparseSpecReadsWithTheSchemasDefaults() {
    VSmmu vsmmu =
        json.unmarshal(
            """
            apiVersion: vsmmu.io/v1alpha1
            kind: VSmmu
            metadata: {name: n1}
            spec:
              nodeName: n1
              resources:
              - name: vsmmu.io/nic
                selectors: [{vendor: "15B3", class: "0200"}]
                fieldOfALaterVersion: 1
            """,
            VSmmu.class);

    assertThat(vsmmu.getSpec())
        .isEqualTo(
            new VSmmuSpec(
                "n1",
                List.of(
                    new ResourceSpec(
                        "vsmmu.io/nic",
                        List.of(new DeviceSelector("15b3", null, "0200", null, null, null)),
                        "vfio-pci",
                        Management.Managed,
                        VfioNodes.LegacyAndCdev,
                        InitialProxy.Bypass,
                        Handoff.Unbound,
                        Nesting.Required,
                        false)),
                new KubeVirtSpec(IommufdSocket.Auto, Management.Managed, GuestTopology.VSmmu),
                false));
  }

  @Test
  void aStatusSurvivesTheWire() {
    VSmmuStatus status =
        new VSmmuStatus(
            3L,
            List.of(new ConditionBuilder().withType("Ready").withStatus("True").build()),
            new AgentStatus(3L, "0.1.0"),
            new NodeStatus("aarch64", "7.3.4", "b"),
            List.of(
                new SmmuStatus(
                    "smmu3.0x000000000c000000",
                    true,
                    null,
                    null,
                    new SmmuCapabilitiesStatus(
                        44, 16, 0, true, false, false, true, List.of("4K", "64K")),
                    2)),
            List.of(
                new DeviceStatus(
                    "0000:09:00.0",
                    "vsmmu.io/nic",
                    "smmu3.0x000000000c000000",
                    7,
                    null,
                    "8086",
                    "10d3",
                    "vfio-pci",
                    DeviceState.Allocated,
                    null,
                    null)),
            List.of(
                new VirtualMachineStatus(
                    "a1",
                    new PodReference("default", "vm", "u", "compute"),
                    VirtualMachineState.HandedOff,
                    1L,
                    List.of(new NestingParentStatus(3L, "smmu3.0x000000000c000000")),
                    List.of(new VirtualIommuStatus(4L, "smmu3.0x000000000c000000", 3L, 5L, 6L)),
                    List.of(new VirtualDeviceStatus("0000:09:00.0", 4L, null)))),
            new Counts(1, 1, 1, 1),
            new KubeVirtStatus(
                EffectiveSocket.Never, List.of(new KubeVirtMachine("default", "vm", "a"))));
    VSmmu sent = VSmmu.statusPatch("n1", status);

    assertThat(json.unmarshal(json.asJson(sent), VSmmu.class).getStatus()).isEqualTo(status);
  }

  @Test
  void aWriterSendsNothingThatItDoesNotOwn() {
    VSmmuStatus status =
        VSmmuStatus.ofAgent(
            List.of(), new AgentStatus(1L, null), null, List.of(), List.of(), List.of(), null);

    assertThat(json.asJson(VSmmu.statusPatch("n1", status)))
        .contains("\"status\":{\"agent\":{\"observedGeneration\":1}}")
        .doesNotContain("spec");
  }
}
