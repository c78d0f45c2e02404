package io.vsmmu.lab.proof;

import static io.vsmmu.lab.proof.GuestMemory.PAGE;
import static io.vsmmu.lab.proof.MiniatureVm.SOURCE;
import static io.vsmmu.lab.proof.MiniatureVm.STREAM_ID;
import static io.vsmmu.lab.proof.MiniatureVm.TARGET;
import static io.vsmmu.lab.proof.MiniatureVm.VIRTUAL_NOWHERE;
import static io.vsmmu.lab.proof.MiniatureVm.VIRTUAL_SOURCE;
import static io.vsmmu.lab.proof.MiniatureVm.VIRTUAL_TARGET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * What is to be seen of DMA. Where nothing may arrive, the same transfer arrives before or after:
 * the device, the memory and the bytes were able to.
 */
enum Scenario {

  /** The device sends guest-physical addresses; stage 2 alone says where they are. */
  BYPASS(vm -> {
    vm.bound().attach(vm.proxies().bypass());

    assertArrives(vm);
  }),

  /** Nothing gets through in either direction. */
  ABORT(vm -> {
    vm.bound().attach(vm.proxies().bypass());
    assertArrives(vm);

    vm.bound().attach(vm.proxies().abort());
    clearTargets(vm);
    vm.edu().store(vm.memory().address(TARGET), PAGE);
    assertUntouched(vm);
    byte[] secret = vm.pattern();
    vm.memory().write(SOURCE, secret);
    vm.edu().load(vm.memory().address(SOURCE), PAGE);

    vm.bound().attach(vm.proxies().bypass());
    vm.edu().store(vm.memory().address(TARGET), PAGE);
    assertNothingIn(secret, vm.memory().read(TARGET));
    vm.edu().load(vm.memory().address(SOURCE), PAGE);
    vm.edu().store(vm.memory().address(TARGET), PAGE);
    assertThat(vm.memory().read(TARGET)).as("the target page").isEqualTo(secret);
  }),

  /** The device sends the guest's virtual addresses; both stages together say where they are. */
  TRANSLATE(vm -> {
    vm.link();
    vm.attachStageOne();

    byte[] sent = assertTranslates(vm);

    clearTargets(vm);
    vm.edu().store(VIRTUAL_NOWHERE, PAGE);
    assertUntouched(vm);
    vm.edu().store(vm.memory().address(TARGET), PAGE);
    assertUntouched(vm);

    vm.edu().store(VIRTUAL_TARGET, PAGE);
    assertThat(vm.memory().read(TARGET)).as("the guest's target page again").isEqualTo(sent);
  }),

  /** The vIOMMU of another SMMU takes the device in no way, and its DMA stays where it was. */
  ANOTHER_SMMU(vm -> {
    vm.link();
    vm.attachStageOne();

    assertRefused(() -> vm.otherViommu().allocateVdevice(vm.bound(), STREAM_ID + 1));
    assertRefused(() -> vm.otherViommu().allocateNested(vm.bound(), Vste.bypass()));
    assertRefused(() -> vm.bound().attach(vm.otherProxies().bypass()));

    assertTranslates(vm);
  });

  /** What pages hold that a device is to write to, or must not. */
  private static final int SENTINEL = 0xa5;

  private final Consumer<MiniatureVm> steps;

  Scenario(Consumer<MiniatureVm> steps) {
    this.steps = steps;
  }

  /**
   * Plays the scenario.
   *
   * @throws AssertionError when it is not as it should be
   */
  void play(MiniatureVm vm) {
    steps.accept(vm);
  }

  /** Sends a page through the device by guest-physical addresses; returns its bytes. */
  private static byte[] assertArrives(MiniatureVm vm) {
    byte[] sent = send(vm, vm.memory().address(SOURCE), vm.memory().address(TARGET));
    assertThat(vm.memory().read(TARGET)).as("the target page").isEqualTo(sent);
    assertDecoyUntouched(vm);
    return sent;
  }

  /** Sends a page through the device by the guest's virtual addresses; returns its bytes. */
  private static byte[] assertTranslates(MiniatureVm vm) {
    byte[] sent = send(vm, VIRTUAL_SOURCE, VIRTUAL_TARGET);
    assertThat(vm.memory().read(TARGET)).as("the guest's target page").isEqualTo(sent);
    assertDecoyUntouched(vm);
    return sent;
  }

  private static byte[] send(MiniatureVm vm, long from, long to) {
    clearTargets(vm);
    byte[] bytes = vm.pattern();
    vm.memory().write(SOURCE, bytes);
    vm.edu().load(from, PAGE);
    vm.edu().store(to, PAGE);
    return bytes;
  }

  private static void clearTargets(MiniatureVm vm) {
    vm.memory().fill(TARGET, SENTINEL);
    for (int page = 0; page < vm.decoy().pages(); page++) {
      vm.decoy().fill(page, SENTINEL);
    }
  }

  private static void assertUntouched(MiniatureVm vm) {
    assertThat(vm.memory().read(TARGET)).as("the target page").isEqualTo(untouched());
    assertDecoyUntouched(vm);
  }

  /** What a device loads that is refused is up to the device, but for the memory's own bytes. */
  private static void assertNothingIn(byte[] secret, byte[] loaded) {
    LongBuffer secrets = ByteBuffer.wrap(secret).asLongBuffer();
    LongBuffer words = ByteBuffer.wrap(loaded).asLongBuffer();
    for (int word = 0; word < secrets.limit(); word++) {
      assertThat(words.get(word))
          .as("word %d of what the device loaded through the abort proxy", word)
          .isNotEqualTo(secrets.get(word));
    }
  }

  private static void assertDecoyUntouched(MiniatureVm vm) {
    for (int page = 0; page < vm.decoy().pages(); page++) {
      assertThat(vm.decoy().read(page))
          .as("page %d at the guest-physical address of the same number", page)
          .isEqualTo(untouched());
    }
  }

  private static byte[] untouched() {
    byte[] bytes = new byte[PAGE];
    Arrays.fill(bytes, (byte) SENTINEL);
    return bytes;
  }

  private static void assertRefused(ThrowingCallable request) {
    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(request)
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
  }
}
