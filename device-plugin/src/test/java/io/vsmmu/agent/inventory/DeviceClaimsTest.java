package io.vsmmu.agent.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.inventory.DeviceClaims.Purpose;
import io.vsmmu.iommufd.topology.PciAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DeviceClaimsTest {

  private static final PciAddress ONE = PciAddress.parse("0000:01:00.0");
  private static final PciAddress TWO = PciAddress.parse("0000:02:00.0");

  private final DeviceClaims claims = new DeviceClaims();

  @Test
  void aFunctionHasOneClaimAtATime() {
    var first = claims.tryClaim(Set.of(ONE), Purpose.MAINTENANCE, "probe").orElseThrow();

    assertThat(claims.tryClaim(Set.of(ONE, TWO), Purpose.ALLOCATION, "vm")).isEmpty();
    assertThat(claims.owner(ONE)).contains("probe");
    assertThat(claims.owner(TWO)).isEmpty();

    first.close();
    assertThat(claims.tryClaim(Set.of(ONE, TWO), Purpose.ALLOCATION, "vm")).isPresent();
    assertThat(claims.allocated(ONE)).isTrue();
  }

  @Test
  void whoIsPatientGetsTheClaimWhenItIsReturned() {
    var first = claims.tryClaim(Set.of(ONE), Purpose.MAINTENANCE, "probe").orElseThrow();
    var waiter = new AtomicReference<Thread>();
    var second =
        CompletableFuture.supplyAsync(() -> {
          waiter.set(Thread.currentThread());
          return claims.claim(Set.of(ONE), Purpose.ALLOCATION, "vm", Duration.ofMinutes(1));
        });
    await()
        .until(() -> waiter.get() != null && waiter.get().getState() == Thread.State.TIMED_WAITING);

    first.close();

    assertThat(second.join()).isPresent();
    assertThat(claims.owner(ONE)).contains("vm");
  }

  @Test
  void patienceEnds() {
    var _ = claims.tryClaim(Set.of(ONE), Purpose.ALLOCATION, "vm");

    assertThat(claims.claim(Set.of(ONE), Purpose.ALLOCATION, "other", Duration.ofMillis(1)))
        .isEmpty();
  }

  @Test
  void aClaimThatWasReturnedTwiceTakesNothingFromTheNext() {
    var first = claims.tryClaim(Set.of(ONE), Purpose.MAINTENANCE, "probe").orElseThrow();
    first.close();
    var _ = claims.tryClaim(Set.of(ONE), Purpose.ALLOCATION, "vm");

    first.close();

    assertThat(claims.owner(ONE)).contains("vm");
  }
}
