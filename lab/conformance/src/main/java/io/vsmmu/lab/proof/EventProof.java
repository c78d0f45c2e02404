package io.vsmmu.lab.proof;

import static io.vsmmu.lab.proof.GuestMemory.PAGE;
import static io.vsmmu.lab.proof.MiniatureVm.STREAM_ID;
import static io.vsmmu.lab.proof.MiniatureVm.VIRTUAL_READ_ONLY;
import static io.vsmmu.lab.proof.MiniatureVm.VIRTUAL_SOURCE;
import static io.vsmmu.lab.proof.MiniatureVm.VIRTUAL_TARGET;
import static io.vsmmu.lab.proof.MiniatureVm.VIRTUAL_UNMAPPED;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.EventQueue;
import io.vsmmu.iommufd.VirtualEvent;
import io.vsmmu.iommufd.smmu.SmmuEvent;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A guest hears of what its own tables refused, in its own words. */
@Proof
class EventProof {
  private static final int DEPTH = 16;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void aWriteToWhereStageOneMapsNothing(Ground ground) {
    withEvents(
        ground,
        guest -> {
          guest.vm().edu().store(VIRTUAL_UNMAPPED, PAGE);

          SmmuEvent event = guest.awaitEvent();
          assertThat(event.type()).contains(SmmuEvent.Type.F_TRANSLATION);
          assertThat(event.streamId()).isEqualTo(STREAM_ID);
          assertThat(event.address()).hasValue(VIRTUAL_UNMAPPED);
          assertThat(event.isRead()).isFalse();
          assertThat(event.isStage2()).isFalse();
        });
  }

  @Test
  void aReadFromWhereStageOneMapsNothing(Ground ground) {
    withEvents(
        ground,
        guest -> {
          guest.vm().edu().load(VIRTUAL_UNMAPPED, PAGE);

          SmmuEvent event = guest.awaitEvent();
          assertThat(event.type()).contains(SmmuEvent.Type.F_TRANSLATION);
          assertThat(event.streamId()).isEqualTo(STREAM_ID);
          assertThat(event.address()).hasValue(VIRTUAL_UNMAPPED);
          assertThat(event.isRead()).isTrue();
        });
  }

  @Test
  void aWriteToWhereStageOneAllowsNone(Ground ground) {
    withEvents(
        ground,
        guest -> {
          guest.vm().edu().load(VIRTUAL_READ_ONLY, PAGE);
          assertThat(guest.queue().read()).isEmpty();
          guest.vm().edu().store(VIRTUAL_READ_ONLY, PAGE);

          SmmuEvent event = guest.awaitEvent();
          assertThat(event.type()).contains(SmmuEvent.Type.F_PERMISSION);
          assertThat(event.streamId()).isEqualTo(STREAM_ID);
          assertThat(event.address()).hasValue(VIRTUAL_READ_ONLY);
        });
  }

  /** A guest that translates, whose DMA has given no event so far. */
  private static void withEvents(Ground ground, Consumer<Guest> life) {
    ground.withVm(vm -> {
      try (EventQueue queue = vm.viommu().allocateEventQueue(DEPTH)) {
        vm.link();
        vm.attachStageOne();
        vm.edu().load(VIRTUAL_SOURCE, PAGE);
        vm.edu().store(VIRTUAL_TARGET, PAGE);
        assertThat(queue.read()).isEmpty();
        life.accept(new Guest(vm, queue));
      }
    });
  }

  private record Guest(MiniatureVm vm, EventQueue queue) {

    /** The oldest event that was not read. */
    SmmuEvent awaitEvent() {
      assertThat(queue.await(PATIENCE)).as("an event within %s", PATIENCE).isTrue();
      VirtualEvent event = queue.read().getFirst();
      assertThat(event).isInstanceOf(VirtualEvent.Reported.class);
      return ((VirtualEvent.Reported) event).event();
    }
  }
}
