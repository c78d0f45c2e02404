package io.vsmmu.iommufd;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that answers what a test tells it to: for the library's handling of answers that neither
 * the simulator nor the lab's hardware gives.
 */
final class ScriptedKernel implements Kernel {
  private final Map<Ioctl, Consumer<Pointer>> answers = new HashMap<>();
  private final Deque<byte[]> records = new ArrayDeque<>();
  private final List<byte[]> written = new ArrayList<>();

  /** What a request does with its argument. */
  ScriptedKernel answer(Ioctl request, Consumer<Pointer> answer) {
    answers.put(request, answer);
    return this;
  }

  /** Something that can only be read as a whole. */
  ScriptedKernel toRead(byte[] record) {
    records.add(record);
    return this;
  }

  List<byte[]> written() {
    return written;
  }

  /** The bytes of numbers in the machine's order. */
  static byte[] ints(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.nativeOrder());
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }

  @Override
  public int open(Path device) {
    return 3;
  }

  @Override
  public void close(int fd) {}

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    Consumer<Pointer> answer = answers.get(request);
    if (answer == null) {
      throw new KernelException(request + " is not in the script", Errno.ENOTTY);
    }
    answer.accept(Objects.requireNonNull(argument));
  }

  @Override
  public int read(int fd, Pointer buffer, int length) {
    int done = 0;
    while (!records.isEmpty() && records.getFirst().length <= length - done) {
      byte[] record = records.removeFirst();
      buffer.write(done, record, 0, record.length);
      done += record.length;
    }
    return done;
  }

  @Override
  public int write(int fd, Pointer buffer, int length) {
    written.add(buffer.getByteArray(0, length));
    return length;
  }

  @Override
  public boolean awaitReadable(int fd, Duration timeout) {
    return !records.isEmpty();
  }
}
