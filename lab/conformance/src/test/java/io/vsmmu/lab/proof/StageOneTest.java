package io.vsmmu.lab.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The tables, walked as an SMMU walks them. */
class StageOneTest {
  private static final long ADDRESS = 0x000f_ffff_f000L;
  private static final long VIRTUAL = 0x12_3456_7000L;

  private final IommuContext context =
      IommuContext.open(new SimulatedKernel(SimulatedNode.small()), SimulatedMachine.IOMMU);
  private GuestMemory memory;

  @BeforeEach
  void memory() {
    memory = new GuestMemory(context.allocateIoas(), 0x40_0000, 6);
  }

  @AfterEach
  void close() {
    context.close();
  }

  @Test
  void anEntryLeadsToTheContextDescriptorAndThatToThePage() {
    var tables = new StageOne(memory, 1, VIRTUAL, 7);
    tables.map(VIRTUAL, 0x1234_5000);

    long context = tables.entry().word0() & ADDRESS;
    assertThat(context).isEqualTo(memory.address(1));
    assertThat(word(context) >>> 48).as("ASID").isEqualTo(7);
    assertThat(walk(context, VIRTUAL)).isEqualTo(0x1234_5000);
    assertThat(walk(context, VIRTUAL + 0x1000)).isZero();
  }

  @Test
  void allLiesWithinTwoMebibytes() {
    var tables = new StageOne(memory, 0, VIRTUAL, 1);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> tables.map(VIRTUAL + 0x20_0000, 0x1000))
        .withMessageContaining("2 MiB");
  }

  /** Where a virtual address leads; 0 when it is not mapped. */
  private long walk(long context, long virtual) {
    long table = word(context + 8) & ADDRESS;
    for (int shift : new int[] {30, 21, 12}) {
      long descriptor = word(table + ((virtual >>> shift) & 0x1ff) * 8);
      if ((descriptor & 3) != 3) {
        return 0;
      }
      table = descriptor & ADDRESS;
    }
    return table;
  }

  private long word(long address) {
    int page = (int) ((address - memory.address(0)) / GuestMemory.PAGE);
    return ByteBuffer.wrap(memory.read(page))
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong((int) (address - memory.address(page)));
  }
}
