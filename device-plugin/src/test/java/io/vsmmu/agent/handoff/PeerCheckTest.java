package io.vsmmu.agent.handoff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
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
  void refusesWhenKubeletDoesNotKnowItsPods() throws Exception {
    holders = HandoffFixture::incomplete;
    assertRefused();
  }

  @Test
  void waitsForAKubeletThatRestarts() throws Exception {
    var asked = new AtomicInteger();
    holders =
        () ->
            switch (asked.getAndIncrement()) {
              case 0 -> throw new IOException("no kubelet");
              case 1 -> incomplete();
              default -> listing(holder(UID, IDS));
            };
    try (var server = server(LIMIT, LIMIT);
        var received = receive(server.open(OFFER))) {
      assertThat(received.manifest()).isEqualTo(source.manifest("a1"));
      assertThat(asked).hasValue(3);
    }
  }

  @Test
  void waitsForNobodyWhomAKubeletThatKnowsItsPodsDoesNotList() throws Exception {
    holders = () -> listing();
    try (var server = server(LIMIT, Duration.ofDays(1))) {
      Path directory = server.open(OFFER);
      assertThatThrownBy(() -> receive(directory)).hasMessageContaining("the agent refused");
    }
  }

  @Test
  void refusesWhenTheOwnersUidIsNotKnown() throws Exception {
    holders = () -> listing(holder(null, IDS));
    assertRefused();
  }

  @Test
  void theWeakerRuleAsksNothingOfTheProcessButStillForAnOwner() throws Exception {
    Files.delete(cgroupFile());
    var rule = PeerCheck.path(() -> holders.list(), Duration.ZERO);
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
