package io.vsmmu.agent.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PodCgroupTest {
  private static final String UID = "0b5c7d1e-7c7a-4d0e-9d1c-3f5a6b7c8d9e";
  private static final String CONTAINER =
      "5b1f0d2e3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID_.slice/cri-containerd-C.scope",
        "0::/kubepods.slice/kubepods-podUID_.slice/cri-containerd-C.scope",
        "0::/kubepods/besteffort/podUID/C",
        "0::/kubepods/podUID/C",
        // As seen from a container with a cgroup namespace of its own.
        "0::/../../kubepods-besteffort-podUID_.slice/cri-containerd-C.scope",
        "0::/../../podUID/C",
        "12:memory:/kubepods/burstable/podUID/C\n11:cpu,cpuacct:/kubepods/burstable/podUID/C\n0::/",
        "0::/kubepods/podUID/C/podffffffff-ffff-ffff-ffff-ffffffffffff/inner"
      })
  void findsThePod(String shape) {
    String cgroups =
        shape
            .replace("UID_", UID.replace('-', '_'))
            .replace("UID", UID)
            .replace("C.scope", CONTAINER + ".scope");
    assertThat(PodCgroup.podUid(cgroups + "\n")).contains(UID);
  }

  @Test
  void findsAStaticPod() {
    assertThat(PodCgroup.podUid("0::/kubepods/pod3cc0de75e9a5a3f7e2a4e6a0d5b1c2f3/x"))
        .contains("3cc0de75e9a5a3f7e2a4e6a0d5b1c2f3");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0::/",
        "0::/user.slice/user-1000.slice/session-3.scope",
        "0::/system.slice/containerd.service",
        "0::/kubepods.slice/kubepods-burstable.slice",
        "0::/system.slice/xpod0b5c7d1e-7c7a-4d0e-9d1c-3f5a6b7c8d9e",
        "0::/pod0b5c7d1e-7c7a-4d0e-9d1c-3f5a6b7c8d9e-and-more",
        "2:cpu:/kubepods/pod0b5c7d1e-7c7a-4d0e-9d1c-3f5a6b7c8d9e/c\n"
            + "1:memory:/kubepods/podffffffff-ffff-ffff-ffff-ffffffffffff/c"
      })
  void findsNoPodInOthers(String cgroups) {
    assertThat(PodCgroup.podUid(cgroups)).isEmpty();
  }
}
