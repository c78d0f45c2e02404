package io.vsmmu.iommufd.simulated;

import com.sun.jna.Structure;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.Request;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** How the kernel copies structures whose callers may be older or newer than it is. */
final class Arguments {
  private static final int SIZE_FIELD = 4;

  /** Longer structures than any kernel has; keeps a wild size from making us read all memory. */
  private static final int LONGEST = 4096;

  private Arguments() {}

  /**
   * Copies a structure that starts with its size. What the caller's structure lacks is 0.
   *
   * @param minimum bytes that the first version of the structure had
   */
  static <R extends Request> R read(UserMemory memory, long address, R blank, int minimum) {
    int size = userSize(memory, address);
    Fail.when(
        Integer.compareUnsigned(size, minimum) < 0,
        Errno.EINVAL,
        "structure of " + size + " bytes");
    copy(memory, address, size, blank);
    return blank;
  }

  /** The first field of a structure: its size as the caller knows it. */
  static int userSize(UserMemory memory, long address) {
    return ByteBuffer.wrap(memory.read(address, SIZE_FIELD))
        .order(ByteOrder.nativeOrder())
        .getInt();
  }

  /** Copies {@code size} bytes into a structure; refuses bytes beyond it that are not 0. */
  static void copy(UserMemory memory, long address, int size, Structure into) {
    Fail.when(
        Integer.compareUnsigned(size, LONGEST) > 0, Errno.E2BIG, "structure of " + size + " bytes");
    byte[] bytes = memory.read(address, size);
    for (int i = into.size(); i < size; i++) {
      Fail.when(bytes[i] != 0, Errno.E2BIG, "byte " + i + " of the structure is unknown and set");
    }
    into.clear();
    into.getPointer().write(0, bytes, 0, Math.min(size, into.size()));
    into.read();
  }

  /**
   * Copies the part of a structure that a VFIO request looks at, whatever size the caller claims
   * beyond it.
   */
  static <R extends Request> R readPart(UserMemory memory, long address, R blank, int part) {
    Fail.when(
        Integer.compareUnsigned(userSize(memory, address), part) < 0,
        Errno.EINVAL,
        "structure of less than " + part + " bytes");
    copy(memory, address, part, blank);
    return blank;
  }

  /** Copies that part back. */
  static void respondPart(UserMemory memory, long address, Request answer, int part) {
    answer.write();
    memory.write(address, answer.getPointer().getByteArray(0, part));
  }

  /** Copies the answer back, as far as the caller's structure goes. */
  static void respond(UserMemory memory, long address, Request answer) {
    int size = Math.min(userSize(memory, address), answer.size());
    answer.write();
    memory.write(address, answer.getPointer().getByteArray(0, size));
  }
}
