package io.vsmmu.operator.vsmmu;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.operator.cluster.Cluster;
import org.junit.jupiter.api.Test;

/** What {@code deploy/} has, as a user applies it. */
class ManifestsTest {

  @Test
  void installOnceMoreAndTheSamplesAreAccepted() {
    try (Cluster cluster = new Cluster()) {
      assertThat(cluster.kubectl("diff", "-k", Cluster.DEPLOY.resolve("base").toString()))
          .as("what differs after an installation")
          .isEmpty();
      assertThat(cluster.kubectl("apply", "-f", Cluster.DEPLOY.resolve("samples").toString()))
          .contains("vsmmu.vsmmu.io/lab-arm64 created", "vsmmu.vsmmu.io/sim-node created");
      assertThat(cluster.kubectl("get", "vsm").lines().findFirst().orElseThrow().split("\\s+"))
          .containsExactly("NAME", "NODE", "READY", "SMMUS", "DEVICES", "ALLOCATED", "VMS", "AGE");
    }
  }
}
