package io.vsmmu.agent.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.agent.TestNode;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverUsersTest {

  private static final String GPU = "0008:06:00.0";
  private static final String CARD = "0001:01:00.0";
  private static final String VFIO = "vfio-pci";

  @TempDir Path folder;
  private TestNode node;
  private Binder binder;

  @BeforeEach
  void devicesOnTheirHostDrivers() throws IOException {
    node = new TestNode(folder, SimulatedNode.graceLike());
    binder = node.binder();
  }

  @Test
  void aDriverThatProgramsHaveOpenKeepsItsDevices() {
    node.module("nvidia", 3, "nvidia_uvm");

    assertThatThrownBy(() -> binder.bind(node.function(GPU), VFIO))
        .isInstanceOf(BindingException.class)
        .hasMessageContaining(GPU)
        .hasMessageContaining("module nvidia, 2 times");
    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
  }

  @Test
  void modulesThatBuildOnADriverDoNotHaveItOpen() throws Exception {
    node.module("nvidia", 2, "nvidia_uvm", "nvidia_modeset");

    binder.bind(node.function(GPU), VFIO);

    assertThat(node.function(GPU).driver()).isEqualTo(VFIO);
  }

  @Test
  void aNetworkDriverMayBeOpenForAnotherCard() throws Exception {
    node.module("igb", 1);

    binder.bind(node.function(CARD), VFIO);

    assertThat(node.function(CARD).driver()).isEqualTo(VFIO);
  }

  @Test
  void whatIsOnVfioMovesOnWhileVmsHaveOtherDevicesOfThatDriver() throws Exception {
    binder.bind(node.function(GPU), VFIO);
    node.module(VFIO, 4);
    node.driver("nvgrace_gpu_vfio_pci");

    binder.bind(node.function(GPU), "nvgrace_gpu_vfio_pci");

    assertThat(node.function(GPU).driver()).isEqualTo("nvgrace_gpu_vfio_pci");
  }
}
