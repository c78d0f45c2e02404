package io.vsmmu.lab.proof;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.Ioas;
import java.util.Arrays;

/**
 * Pages of this process that are a VM's memory, at guest-physical addresses of an address space.
 * The kernel pins them, so that a late DMA cannot hit anything else.
 */
final class GuestMemory {
  static final int PAGE = 4096;

  private final Pointer memory;
  private final long base;
  private final int pages;

  /**
   * Maps zeroed pages.
   *
   * @param base guest-physical address of the first page, a multiple of {@link #PAGE}
   */
  GuestMemory(Ioas ioas, long base, int pages) {
    this.memory = new Memory((pages + 1L) * PAGE).align(PAGE);
    this.base = base;
    this.pages = pages;
    memory.clear((long) pages * PAGE);
    ioas.map(Pointer.nativeValue(memory), (long) pages * PAGE, base);
  }

  int pages() {
    return pages;
  }

  /** Guest-physical address of a page. */
  long address(int page) {
    return base + offset(page);
  }

  byte[] read(int page) {
    return memory.getByteArray(offset(page), PAGE);
  }

  /**
   * Writes a whole page.
   *
   * @throws IllegalArgumentException when the content is not one page
   */
  void write(int page, byte[] content) {
    if (content.length != PAGE) {
      throw new IllegalArgumentException("a page has " + PAGE + " bytes, not " + content.length);
    }
    memory.write(offset(page), content, 0, PAGE);
  }

  /** Fills a page with one byte. */
  void fill(int page, int content) {
    byte[] bytes = new byte[PAGE];
    Arrays.fill(bytes, (byte) content);
    write(page, bytes);
  }

  /**
   * Writes one little-endian 64-bit word.
   *
   * @param word its index in the page
   */
  void writeWord(int page, int word, long content) {
    memory.setLong(offset(page) + (long) word * Long.BYTES, content);
  }

  private long offset(int page) {
    if (page < 0 || page >= pages) {
      throw new IllegalArgumentException("there is no page " + page + " among " + pages);
    }
    return (long) page * PAGE;
  }
}
