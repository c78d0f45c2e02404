package io.vsmmu.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.api.v1alpha1.NestingParentStatus;
import io.vsmmu.api.v1alpha1.PodReference;
import io.vsmmu.api.v1alpha1.VSmmuStatus;
import io.vsmmu.api.v1alpha1.VirtualDeviceStatus;
import io.vsmmu.api.v1alpha1.VirtualIommuStatus;
import io.vsmmu.api.v1alpha1.VirtualMachineState;
import io.vsmmu.api.v1alpha1.VirtualMachineStatus;
import java.util.List;
import org.junit.jupiter.api.Test;

class StatusTreeTest {

  @Test
  void hangsEveryDeviceBelowItsOwnVirtualIommu() {
    var vm =
        new VirtualMachineStatus(
            "a1",
            new PodReference("default", "vm-1", null, "compute"),
            VirtualMachineState.HandedOff,
            1L,
            List.of(new NestingParentStatus(2L, "smmu-a"), new NestingParentStatus(6L, "smmu-b")),
            List.of(
                new VirtualIommuStatus(3L, "smmu-a", 2L, 4L, 5L),
                new VirtualIommuStatus(7L, "smmu-b", 6L, 8L, 9L)),
            List.of(
                new VirtualDeviceStatus("0000:09:00.0", 3L, null),
                new VirtualDeviceStatus("0000:0a:00.0", 3L, null),
                new VirtualDeviceStatus("0000:89:00.0", 7L, null)));

    assertThat(StatusTree.draw(with(vm)))
        .containsExactly(
            "iommufd of pod default/vm-1, HandedOff",
            "└─ IOAS 1",
            "   ├─ nesting parent 2 (stage 2) on smmu-a",
            "   │  └─ vIOMMU 3, proxies: bypass 4, abort 5",
            "   │     ├─ device 0000:09:00.0",
            "   │     └─ device 0000:0a:00.0",
            "   └─ nesting parent 6 (stage 2) on smmu-b",
            "      └─ vIOMMU 7, proxies: bypass 8, abort 9",
            "         └─ device 0000:89:00.0");
  }

  @Test
  void drawsNothingWithoutVirtualMachines() {
    assertThat(StatusTree.draw(VSmmuStatus.EMPTY)).isEmpty();
  }

  private static VSmmuStatus with(VirtualMachineStatus vm) {
    return new VSmmuStatus(null, null, null, null, null, null, List.of(vm), null, null);
  }
}
