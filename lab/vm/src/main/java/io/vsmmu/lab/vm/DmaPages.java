package io.vsmmu.lab.vm;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.Ioas;
import java.util.Arrays;
import java.util.Random;

/** Two pages of this process that devices see: one to copy from, one to copy to. */
final class DmaPages {
  static final int PAGE = 4096;

  private static final int SENTINEL = 0xa5;

  private final Pointer memory;
  private final long base;
  private final Random random = new Random();

  /**
   * Maps them.
   *
   * @param base address for devices of the first, a multiple of {@link #PAGE}
   */
  DmaPages(Ioas ioas, long base) {
    this.memory = new Memory(3L * PAGE).align(PAGE);
    this.base = base;
    memory.clear(2L * PAGE);
    ioas.map(Pointer.nativeValue(memory), 2L * PAGE, base);
  }

  long source() {
    return base;
  }

  long target() {
    return base + PAGE;
  }

  /** Fills the source with bytes that nobody else has, and takes the target's away. */
  void prepare() {
    byte[] bytes = new byte[PAGE];
    random.nextBytes(bytes);
    memory.write(0, bytes, 0, PAGE);
    memory.setMemory(PAGE, PAGE, (byte) SENTINEL);
  }

  /** Whether the target has what the source has. */
  boolean arrived() {
    return Arrays.equals(memory.getByteArray(0, PAGE), memory.getByteArray(PAGE, PAGE));
  }

  /** Whether the target is as {@link #prepare} left it. */
  boolean untouched() {
    byte[] expected = new byte[PAGE];
    Arrays.fill(expected, (byte) SENTINEL);
    return Arrays.equals(expected, memory.getByteArray(PAGE, PAGE));
  }
}
