package io.vsmmu.agent.handoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who is served, and who is not. */
class PeerCheckTest extends HandoffFixture {

  @Test
  void refusesAProcessOfAnotherPod() throws Exception {
    inPod(OTHER_UID);
    assertRefused();
  }

  @Test
  void refusesAProcessThatIsInNoPod() throws Exception {
    Files.writeString(cgroupFile(), "0::/user.slice\n");
    assertRefused();
  }

  @Test
  void refusesWhenItCannotSeeThePeersCgroup() throws Exception {
    Files.delete(cgroupFile());
    assertRefused();
  }

  @Test
  void refusesWhenKubeletListsNobody() throws Exception {
    holders = () -> listing();
    assertRefused();
  }

  @Test
  void refusesThePodThatHoldsSomeOfTheDevicesOnly() throws Exception {
    holders = () -> listing(holder(UID, Set.of("0000:01:00.0")));
    assertRefused();
  }

  @Test
  void refusesWhenKubeletDoesNotAnswer() throws Exception {
    holders =
        () -> {
          throw new IOException("no kubelet");
        };
    assertRefused();
  }

  @Test
  void refusesWhenTheOwnersUidIsNotKnown() throws Exception {
    holders = () -> listing(holder(null, IDS));
    assertRefused();
  }

  @Test
  void theWeakerRuleAsksNothingOfTheProcessButStillForAnOwner() throws Exception {
    Files.delete(cgroupFile());
    var rule = PeerCheck.path(() -> holders.list());
    try (var server = new HandoffServer(settings(LIMIT), source, rule, HandoffListener.NONE)) {
      Path directory = server.open(OFFER);
      receive(directory).close();
      holders = () -> listing();
      assertThatThrownBy(() -> receive(directory)).hasMessageContaining("refused");
      assertThat(source.taken).hasValue(1);
    }
  }

  @Test
  void kubeVirtsSocketIsCheckedLikeTheOther() throws Exception {
    inPod(OTHER_UID);
    try (var server = server(LIMIT)) {
      Path directory = server.open(KUBEVIRT);
      try (var stranger = connectKubeVirt(directory);
          var message = stranger.receive(16, 8, deadline())) {
        assertThat(message.isEnd()).isTrue();
      }
      assertThat(source.taken).hasValue(0);
      // Else the server's end would wait for the launcher that is still to come.
      server.close("a1");
    }
  }
}
