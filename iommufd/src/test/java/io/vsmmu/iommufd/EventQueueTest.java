package io.vsmmu.iommufd;

import static io.vsmmu.iommufd.ScriptedKernel.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vsmmu.iommufd.VirtualEvent.Lost;
import io.vsmmu.iommufd.VirtualEvent.Reported;
import io.vsmmu.iommufd.smmu.SmmuEvent;
import io.vsmmu.iommufd.smmu.SmmuEvent.Type;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What is read from a queue, as {@code linux/iommufd.h} describes its records. */
class EventQueueTest {
  private static final int LOST_EVENTS = 1;
  private static final int STREAM = 8;

  private final ScriptedKernel kernel = new ScriptedKernel();
  private final IommuContext context = IommuContext.open(kernel, Path.of("/dev/iommu"));

  @Test
  void eventsOneAfterTheOther() {
    EventQueue queue = new EventQueue(context, 5, 9);
    kernel.toRead(record(0, 0x10)).toRead(record(1, 0x13));

    assertThat(queue.read())
        .satisfiesExactly(
            first -> assertReported(first, 0, Type.F_TRANSLATION),
            second -> assertReported(second, 1, Type.F_PERMISSION));
    assertThat(queue.read()).isEmpty();
  }

  @Test
  void eventsThatAreMissingInBetween() {
    EventQueue queue = new EventQueue(context, 5, 9);
    kernel.toRead(record(3, 0x10));
    assertThat(queue.read()).first().isEqualTo(new Lost(2, 3));

    kernel.toRead(record(4, 0x10)).toRead(record(6, 0x10));
    assertThat(queue.read())
        .satisfiesExactly(
            next -> assertReported(next, 4, Type.F_TRANSLATION),
            lost -> assertThat(lost).isEqualTo(new Lost(5, 1)),
            after -> assertReported(after, 6, Type.F_TRANSLATION));
  }

  @Test
  void eventsThatWereLostAtTheEnd() {
    EventQueue queue = new EventQueue(context, 5, 9);
    kernel.toRead(record(0, 0x10)).toRead(ints(LOST_EVENTS, 4)).toRead(record(5, 0x10));

    assertThat(queue.read())
        .satisfiesExactly(
            first -> assertReported(first, 0, Type.F_TRANSLATION),
            lost -> assertThat(lost).isEqualTo(new Lost(4, 4)),
            after -> assertReported(after, 5, Type.F_TRANSLATION));
  }

  @Test
  void sequenceNumbersBeginAgain() {
    EventQueue queue = EventQueue.adopt(context, 5, 9);
    kernel.toRead(record(Integer.MAX_VALUE, 0x10)).toRead(record(0, 0x10)).toRead(record(2, 0x10));

    assertThat(queue.read())
        .extracting(VirtualEvent::sequence)
        .containsExactly(Integer.MAX_VALUE, 0, 1, 2);
  }

  /** Nobody knows how many events the process before read. */
  @Test
  void anAdoptedQueueMissesNothingBeforeItsFirstEvent() {
    EventQueue queue = EventQueue.adopt(context, 5, 9);
    kernel.toRead(record(41, 0x10));

    assertThat(queue.read())
        .singleElement()
        .satisfies(event -> assertReported(event, 41, Type.F_TRANSLATION));
  }

  @Test
  void aQueueHasRoom() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VirtualIommu.adopt(context, 4).allocateEventQueue(0));
  }

  private static void assertReported(VirtualEvent event, int sequence, Type type) {
    assertThat(event).isInstanceOf(Reported.class);
    SmmuEvent reported = ((Reported) event).event();
    assertThat(event.sequence()).isEqualTo(sequence);
    assertThat(reported.type()).hasValue(type);
    assertThat(reported.streamId()).isEqualTo(STREAM);
    assertThat(reported.address()).hasValue(0x1000);
  }

  /** Header and event: the words are little endian, as the machines are that this runs on. */
  private static byte[] record(int sequence, int number) {
    return ints(0, sequence, number, STREAM, 0, 0, 0x1000, 0, 0, 0);
  }
}
