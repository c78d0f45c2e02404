package io.vsmmu.iommufd.conformance;

import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import org.jspecify.annotations.Nullable;

/** Pages of this process whose protection can be changed; mmap(2). */
final class NativePages implements AutoCloseable {
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20;

  private final Pointer start;
  private final NativeLong length;

  /** Readable and writable. */
  NativePages(long length) {
    this.length = new NativeLong(length);
    this.start =
        LibC.mmap(
            null,
            this.length,
            PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS,
            -1,
            new NativeLong(0));
    if (Pointer.nativeValue(start) == -1) {
      throw new KernelException("mmap", Errno.of(Native.getLastError()));
    }
  }

  Pointer start() {
    return start;
  }

  long address() {
    return Pointer.nativeValue(start);
  }

  /** From here on they can only be read. */
  void makeReadOnly() {
    if (LibC.mprotect(start, length, PROT_READ) != 0) {
      throw new KernelException("mprotect", Errno.of(Native.getLastError()));
    }
  }

  /** Unmaps them. */
  @Override
  public void close() {
    if (LibC.munmap(start, length) != 0) {
      throw new KernelException("munmap", Errno.of(Native.getLastError()));
    }
  }

  /**
   * A file in memory.
   *
   * @return a descriptor that the caller closes with {@link #closeFile}
   */
  static int memoryFile(long size) {
    int fd = LibC.memfd_create("vsmmu-conformance", 0);
    if (fd < 0 || LibC.ftruncate(fd, new NativeLong(size)) != 0) {
      throw new KernelException("memfd_create", Errno.of(Native.getLastError()));
    }
    return fd;
  }

  static void closeFile(int fd) {
    if (LibC.close(fd) != 0) {
      throw new KernelException("close", Errno.of(Native.getLastError()));
    }
  }

  /** The C library's entry points; mmap(2), memfd_create(2). */
  private static final class LibC {
    static {
      Native.register(LibC.class, "c");
    }

    private LibC() {}

    static native Pointer mmap(
        @Nullable Pointer address,
        NativeLong length,
        int protection,
        int flags,
        int fd,
        NativeLong offset);

    static native int mprotect(Pointer address, NativeLong length, int protection);

    static native int munmap(Pointer address, NativeLong length);

    static native int memfd_create(String name, int flags);

    static native int ftruncate(int fd, NativeLong size);

    static native int close(int fd);
  }
}
