package io.vsmmu.iommufd.fdpass;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.util.ArrayList;
import java.util.List;

/**
 * One {@code struct msghdr} with its single iovec, data and control buffers, in native memory; for
 * sendmsg(2), recvmsg(2) and cmsg(3).
 */
final class MessageBuffers implements AutoCloseable {
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_TRUNC = 0x20;
  private static final int MSG_CTRUNC = 0x08;

  // struct msghdr
  private static final int IOV = 16;
  private static final int IOV_COUNT = 24;
  private static final int CONTROL = 32;
  private static final int CONTROL_LENGTH = 40;
  private static final int FLAGS = 48;
  private static final int HEADER_SIZE = 56;
  // struct iovec, placed right after it
  private static final int IOV_BASE = HEADER_SIZE;
  private static final int IOV_LENGTH = HEADER_SIZE + 8;
  private static final int DATA = HEADER_SIZE + 16;
  // struct cmsghdr
  private static final int CMSG_LEVEL = 8;
  private static final int CMSG_TYPE = 12;
  private static final int CMSG_SIZE = 16;
  private static final int FD_SIZE = 4;

  private final Memory memory;
  private final long controlOffset;

  private MessageBuffers(int dataLength, int controlLength) {
    controlOffset = align(DATA + (long) dataLength);
    memory = new Memory(controlOffset + Math.max(controlLength, 8));
    memory.clear();
    memory.setPointer(IOV, memory.share(IOV_BASE));
    memory.setLong(IOV_COUNT, 1);
    memory.setPointer(IOV_BASE, memory.share(DATA));
    memory.setLong(IOV_LENGTH, dataLength);
    if (controlLength > 0) {
      memory.setPointer(CONTROL, memory.share(controlOffset));
      memory.setLong(CONTROL_LENGTH, controlLength);
    }
  }

  static MessageBuffers toSend(byte[] bytes, int offset, int length, List<Integer> fds) {
    int payload = fds.size() * FD_SIZE;
    var buffers =
        new MessageBuffers(length, fds.isEmpty() ? 0 : (int) align(CMSG_SIZE + (long) payload));
    buffers.memory.write(DATA, bytes, offset, length);
    if (!fds.isEmpty()) {
      Pointer control = buffers.memory.share(buffers.controlOffset);
      control.setLong(0, CMSG_SIZE + (long) payload);
      control.setInt(CMSG_LEVEL, SOL_SOCKET);
      control.setInt(CMSG_TYPE, SCM_RIGHTS);
      for (int i = 0; i < fds.size(); i++) {
        control.setInt(CMSG_SIZE + (long) i * FD_SIZE, fds.get(i));
      }
    }
    return buffers;
  }

  static MessageBuffers toReceive(int maxBytes, int maxFds) {
    // Room for exactly maxFds: the alignment after an odd number would let one more through.
    return new MessageBuffers(maxBytes, maxFds == 0 ? 0 : CMSG_SIZE + maxFds * FD_SIZE);
  }

  Pointer header() {
    return memory;
  }

  byte[] data(int length) {
    return memory.getByteArray(DATA, length);
  }

  /** Whether the kernel dropped data or descriptors for which there was no room. */
  boolean truncated() {
    return (memory.getInt(FLAGS) & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  }

  /** The descriptors that the kernel installed in this process; also when truncated. */
  List<OwnedFd> receivedFds() {
    var fds = new ArrayList<OwnedFd>();
    long end = memory.getLong(CONTROL_LENGTH);
    long at = 0;
    while (at + CMSG_SIZE <= end) {
      Pointer control = memory.share(controlOffset + at);
      long length = control.getLong(0);
      if (length < CMSG_SIZE) {
        break;
      }
      if (control.getInt(CMSG_LEVEL) == SOL_SOCKET && control.getInt(CMSG_TYPE) == SCM_RIGHTS) {
        for (long fd = CMSG_SIZE; fd + FD_SIZE <= length; fd += FD_SIZE) {
          fds.add(new OwnedFd(control.getInt(fd)));
        }
      }
      at += align(length);
    }
    return fds;
  }

  @Override
  public void close() {
    memory.close();
  }

  private static long align(long length) {
    return (length + 7) & ~7L;
  }
}
