package io.vsmmu.lab.proof;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Who counts as without rights. */
class UnprivilegedTest {
  private static final String STATUS =
      """
      Name:\tjava
      Uid:\t107\t107\t107\t107
      Gid:\t107\t107\t107\t107
      Groups:\t\s
      CapInh:\t0000000000000000
      CapPrm:\t0000000000000000
      CapEff:\t0000000000000000
      CapBnd:\t000001ffffffffff
      CapAmb:\t0000000000000000
      """;

  @Test
  void aUserWithoutGroupsAndCapabilities() {
    assertThat(Unprivileged.rightsIn(STATUS, 107)).isEmpty();
  }

  @Test
  void anotherUser() {
    assertThat(Unprivileged.rightsIn(STATUS, 108)).hasSize(2);
    assertThat(Unprivileged.rightsIn(STATUS.replace("Uid:\t107", "Uid:\t0"), 107))
        .singleElement()
        .asString()
        .startsWith("Uid is '0\t107\t107\t107'");
  }

  @Test
  void aGroupOrACapability() {
    assertThat(Unprivileged.rightsIn(STATUS.replace("Groups:\t", "Groups:\t36"), 107)).hasSize(1);
    assertThat(
            Unprivileged.rightsIn(
                STATUS.replace("CapEff:\t0000000000000000", "CapEff:\t0000000000200000"), 107))
        .singleElement()
        .asString()
        .startsWith("CapEff");
  }

  @Test
  void aStatusThatDoesNotTell() {
    assertThat(Unprivileged.rightsIn("Name:\tjava\n", 107))
        .containsExactly("7 lines about rights expected, not 0");
  }

  @Test
  void aRunningProcessIsRead() throws IOException {
    assertThat(Unprivileged.rightsOf(ProcessHandle.current().pid(), 4_000_000))
        .anySatisfy(right -> assertThat(right).startsWith("Uid is"));
  }

  @Test
  void aThreadThatEndsMeanwhileHasNoRights() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    Thread comesAndGoes =
        Thread.ofPlatform()
            .start(() -> {
              while (!enough.get()) {
                Thread.ofPlatform().start(() -> {});
              }
            });
    try {
      for (int i = 0; i < 200; i++) {
        assertThat(Unprivileged.rightsOf(ProcessHandle.current().pid(), 4_000_000)).isNotEmpty();
      }
    } finally {
      enough.set(true);
      comesAndGoes.join();
    }
  }
}
