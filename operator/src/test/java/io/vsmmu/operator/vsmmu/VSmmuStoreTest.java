package io.vsmmu.operator.vsmmu;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class VSmmuStoreTest {

  @Test
  void allIsKeptButWhoWroteWhichField() {
    VSmmu vsmmu = vsmmu();
    vsmmu.getMetadata().setManagedFields(List.of(new ManagedFieldsEntry()));
    VSmmuStore store = new VSmmuStore();

    store.put("n1", vsmmu);

    assertThat(store.values()).singleElement().isEqualTo(vsmmu());
    assertThat(store.getKey(vsmmu)).isEqualTo("n1");
    assertThat(store.keySet()).containsExactly("n1");

    store.remove("n1");
    assertThat(store.size()).isZero();
  }

  private static VSmmu vsmmu() {
    VSmmu vsmmu =
        VSmmu.of(
            new VSmmuSpec(
                "n1",
                List.of(ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("8086", "10d3"))),
                null,
                null));
    vsmmu.getMetadata().setResourceVersion("7");
    return vsmmu;
  }
}
