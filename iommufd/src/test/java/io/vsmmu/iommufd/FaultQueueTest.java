package io.vsmmu.iommufd;

import static io.vsmmu.iommufd.ScriptedKernel.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vsmmu.iommufd.FaultQueue.Response;
import io.vsmmu.iommufd.PageFault.Access;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Page requests as {@code linux/iommufd.h} describes them. */
class FaultQueueTest {
  private static final int PASID_VALID = 1;
  private static final int LAST_PAGE = 2;
  private static final int READ = 1;
  private static final int WRITE = 2;

  private final ScriptedKernel kernel = new ScriptedKernel();
  private final FaultQueue queue =
      new FaultQueue(IommuContext.open(kernel, Path.of("/dev/iommu")), 5, 9);

  @Test
  void aGroupOfTwo() {
    kernel.toRead(
        join(
            ints(PASID_VALID, 1, 77, 4, READ, 0, 0x1000, 0, 0, 6),
            ints(PASID_VALID | LAST_PAGE, 1, 77, 4, READ | WRITE, 0, 0x2000, 0, 0x800, 6)));

    assertThat(queue.read())
        .satisfiesExactly(
            first -> {
              assertThat(first.lastOfGroup()).isFalse();
              assertThat(first.pasid()).hasValue(77);
              assertThat(first.access()).containsExactly(Access.READ);
              assertThat(first.address()).isEqualTo(0x1000);
            },
            last -> {
              assertThat(last.lastOfGroup()).isTrue();
              assertThat(last.deviceId()).isEqualTo(1);
              assertThat(last.group()).isEqualTo(4);
              assertThat(last.access()).containsExactlyInAnyOrder(Access.READ, Access.WRITE);
              assertThat(last.length()).isEqualTo(0x800);
              assertThat(last.cookie()).isEqualTo(6);
            });
    assertThat(queue.read()).isEmpty();
  }

  /** The kernel gives a group as a whole, or not at all. */
  @Test
  void aGroupThatIsLargerThanTheUsualRoom() {
    byte[] one = ints(0, 1, 0, 4, READ, 0, 0x1000, 0, 0, 6);
    byte[] last = ints(LAST_PAGE, 1, 0, 4, READ, 0, 0x1000, 0, 0, 6);
    ByteBuffer group = ByteBuffer.allocate(one.length * 200);
    for (int i = 1; i < 200; i++) {
      group.put(one);
    }
    kernel.toRead(group.put(last).array());

    List<PageFault> faults = queue.read();

    assertThat(faults).hasSize(200);
    assertThat(faults.getLast().lastOfGroup()).isTrue();
    assertThat(faults.getLast().pasid()).isEmpty();
  }

  @Test
  void anAnswer() {
    kernel.toRead(ints(LAST_PAGE, 1, 0, 4, READ, 0, 0x1000, 0, 0, 6));
    PageFault fault = queue.read().getFirst();

    queue.respond(fault, Response.SUCCESS);
    queue.respond(fault, Response.INVALID);

    assertThat(kernel.written()).containsExactly(ints(6, 0), ints(6, 1));
  }

  @Test
  void onlyTheLastOfAGroupIsAnswered() {
    kernel.toRead(ints(0, 1, 0, 4, READ, 0, 0x1000, 0, 0, 6));
    PageFault fault = queue.read().getFirst();

    assertThatIllegalArgumentException().isThrownBy(() -> queue.respond(fault, Response.SUCCESS));
    assertThat(kernel.written()).isEmpty();
  }

  private static byte[] join(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }
}
