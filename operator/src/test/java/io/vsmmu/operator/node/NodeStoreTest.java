package io.vsmmu.operator.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerImage;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.vsmmu.api.v1alpha1.Names;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class NodeStoreTest {

  private static final Node WHOLE =
      new NodeBuilder()
          .withNewMetadata()
          .withName("n1")
          .withUid("u1")
          .withResourceVersion("7")
          .addToLabels("kubernetes.io/hostname", "n1")
          .addToLabels(Names.NODE_LABEL, "true")
          .withManagedFields(Collections.nCopies(10, new ManagedFieldsEntry()))
          .endMetadata()
          .withNewSpec()
          .withPodCIDR("10.0.0.0/24")
          .endSpec()
          .withNewStatus()
          .withAllocatable(
              Map.of(
                  "cpu", new Quantity("4"),
                  "memory", new Quantity("16Gi"),
                  "vsmmu.io/nic", new Quantity("2")))
          .addNewCondition()
          .withType("Ready")
          .withStatus("False")
          .withMessage("no network")
          .endCondition()
          .addNewCondition()
          .withType("DiskPressure")
          .withStatus("False")
          .endCondition()
          .withImages(Collections.nCopies(50, new ContainerImage(List.of("registry/x:1"), 1L)))
          .withNewNodeInfo()
          .withArchitecture("arm64")
          .withBootID("b1")
          .withKernelVersion("7.3.4")
          .endNodeInfo()
          .endStatus()
          .build();

  @Test
  void whatIsKeptTellsTheSameAsTheWhole() {
    NodeStore store = new NodeStore();
    store.put("n1", WHOLE);

    Node kept = Objects.requireNonNull(store.get("n1"));

    assertThat(NodeView.of(kept)).isEqualTo(NodeView.of(WHOLE));
    assertThat(NodeView.of(kept).allocatable()).isEqualTo(Map.of("vsmmu.io/nic", 2L));
    assertThat(NodeView.of(kept).trouble()).contains("False, no network");
    assertThat(kept.getMetadata().getLabels()).isEqualTo(Map.of(Names.NODE_LABEL, "true"));
    assertThat(kept.getMetadata()).extracting("uid", "resourceVersion").containsExactly("u1", "7");
  }

  @Test
  void nothingElseIsKept() {
    KubernetesSerialization json = new KubernetesSerialization();

    assertThat(json.asJson(NodeStore.pruned(WHOLE)))
        .doesNotContain("images", "managedFields", "DiskPressure", "memory", "hostname", "podCIDR");
  }

  @Test
  void aNodeWithoutAStatusIsKeptToo() {
    Node fresh = new NodeBuilder().withNewMetadata().withName("n2").endMetadata().build();

    assertThat(NodeView.of(NodeStore.pruned(fresh))).isEqualTo(NodeView.of(fresh));
  }
}
