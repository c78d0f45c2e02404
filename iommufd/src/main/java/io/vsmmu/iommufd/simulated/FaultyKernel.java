package io.vsmmu.iommufd.simulated;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that fails where it is told to, before the call reaches the one behind it. Also notes
 * the calls that were made. Safe for use by several threads.
 */
public final class FaultyKernel extends ForwardingKernel {

  /** Name of {@link Kernel#open} among the calls. */
  public static final String OPEN = "open";

  /**
   * A call by its name and turn.
   *
   * @param name of the request in the kernel's header, or {@link #OPEN}
   * @param occurrence 1 for the first of that name
   */
  public record Call(String name, int occurrence) {}

  private final Map<Call, Errno> faults = new HashMap<>();
  private final Map<String, Integer> made = new HashMap<>();
  private final List<Call> calls = new ArrayList<>();
  private final Map<Call, Errno> refused = new HashMap<>();

  public FaultyKernel(Kernel delegate) {
    super(delegate);
  }

  /** Makes a call fail when its turn comes. */
  public synchronized FaultyKernel fail(Call call, Errno errno) {
    faults.put(call, errno);
    return this;
  }

  /** The calls so far, failed ones too, in their order; closes are not noted. */
  public synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  /** The requests so far that the kernel behind this one refused, and with what. */
  public synchronized Map<Call, Errno> refused() {
    return Map.copyOf(refused);
  }

  @Override
  public int open(Path device) {
    note(OPEN, OPEN + " " + device);
    return super.open(device);
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    Call call = note(request.name(), request + " on descriptor " + fd);
    try {
      super.ioctl(fd, request, argument);
    } catch (KernelException e) {
      refused(call, e.errno());
      throw e;
    }
  }

  @Override
  public int read(int fd, Pointer buffer, int length) {
    note("read", "read on descriptor " + fd);
    return super.read(fd, buffer, length);
  }

  @Override
  public int write(int fd, Pointer buffer, int length) {
    note("write", "write on descriptor " + fd);
    return super.write(fd, buffer, length);
  }

  private synchronized Call note(String name, String what) {
    int occurrence = Objects.requireNonNull(made.merge(name, 1, Integer::sum));
    Call call = new Call(name, occurrence);
    calls.add(call);
    Errno errno = faults.get(call);
    if (errno != null) {
      throw new KernelException(what + " (injected)", errno);
    }
    return call;
  }

  private synchronized void refused(Call call, Errno errno) {
    refused.put(call, errno);
  }
}
