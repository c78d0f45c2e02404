package io.vsmmu.iommufd.simulated;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The memory of this JVM. The host's kernel does the copying, so that addresses without memory, or
 * without write access, give EFAULT as they do in a real request.
 */
public final class JvmMemory implements UserMemory {
  private static final Path MAPPINGS = Path.of("/proc/self/maps");
  private static final int SELF = (int) ProcessHandle.current().pid();

  @Override
  public byte[] read(long address, int length) {
    if (length == 0) {
      return new byte[0];
    }
    try (Memory copy = new Memory(length)) {
      copy(LibC::process_vm_readv, copy, address, length);
      return copy.getByteArray(0, length);
    }
  }

  @Override
  public void write(long address, byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    try (Memory copy = new Memory(bytes.length)) {
      copy.write(0, bytes, 0, bytes.length);
      copy(LibC::process_vm_writev, copy, address, bytes.length);
    }
  }

  @Override
  public void requirePinnable(long address, long length, boolean writable) {
    try {
      MemoryMappings.parse(Files.readAllLines(MAPPINGS)).require(address, length, writable);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private interface Copy {
    NativeLong call(
        int pid,
        Pointer local,
        NativeLong locals,
        Pointer remote,
        NativeLong remotes,
        NativeLong flags);
  }

  private static void copy(Copy copy, Memory local, long address, int length) {
    try (Memory here = vector(Pointer.nativeValue(local), length);
        Memory there = vector(address, length)) {
      long copied =
          copy.call(SELF, here, new NativeLong(1), there, new NativeLong(1), new NativeLong(0))
              .longValue();
      Errno errno = copied < 0 ? Errno.of(Native.getLastError()) : Errno.EFAULT;
      if (copied < 0 && errno != Errno.EFAULT) {
        throw new IllegalStateException(
            "process_vm_readv or process_vm_writev of this process itself: "
                + errno
                + "; a seccomp profile that forbids them makes a simulated node unusable");
      }
      Fail.when(copied != length, Errno.EFAULT, "0x" + Long.toHexString(address));
    }
  }

  /** A {@code struct iovec}. */
  private static Memory vector(long address, long length) {
    Memory vector = new Memory(2L * Long.BYTES);
    vector.setLong(0, address);
    vector.setLong(Long.BYTES, length);
    return vector;
  }

  /** The C library's entry points; process_vm_readv(2). */
  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native NativeLong process_vm_readv(
        int pid,
        Pointer local,
        NativeLong locals,
        Pointer remote,
        NativeLong remotes,
        NativeLong flags);

    static native NativeLong process_vm_writev(
        int pid,
        Pointer local,
        NativeLong locals,
        Pointer remote,
        NativeLong remotes,
        NativeLong flags);
  }
}
