package io.vsmmu.iommufd;

import com.sun.jna.Memory;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.uapi.IommuVeventArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommufdVeventHeader;
import java.time.Duration;
import java.util.List;

/**
 * The events of a vIOMMU: why its SMMU refused what devices of the VM sent. A device's events come
 * only while it is linked to the vIOMMU by a vDEVICE. Has a descriptor that becomes readable and
 * can be passed to another process.
 *
 * <p>Safe for use by several threads; each event goes to one of them.
 */
public final class EventQueue extends IommuObject {
  private static final int RECORDS_AT_A_TIME = 64;

  private static final int RECORD =
      new IommufdVeventHeader().size() + new IommuVeventArmSmmuv3().size();

  private final Descriptor file;
  private final EventDecoder decoder;

  EventQueue(IommuContext context, int id, int fd) {
    this(context, id, fd, EventDecoder.ofFreshQueue());
  }

  private EventQueue(IommuContext context, int id, int fd, EventDecoder decoder) {
    super(context, id, "event queue");
    this.file = new Descriptor(context.kernel(), fd, toString());
    this.decoder = decoder;
  }

  /** Takes over a queue that another process made in the context, and its descriptor. */
  public static EventQueue adopt(IommuContext context, int id, int fd) {
    return new EventQueue(context, id, fd, EventDecoder.ofUsedQueue());
  }

  /** The descriptor, to wait on or to pass it on. This object keeps owning it. */
  public int fd() {
    return file.fd();
  }

  /**
   * Waits until there is an event. Closing the queue waits until this ends.
   *
   * @return false when the time is up
   */
  public boolean await(Duration timeout) {
    return Requests.io("poll", toString(), () -> file.awaitReadable(timeout));
  }

  /**
   * The events that there are now, oldest first; none when there are none.
   *
   * @throws IommuException what the read gives
   */
  public List<VirtualEvent> read() {
    try (Memory buffer = new Memory((long) RECORDS_AT_A_TIME * RECORD)) {
      synchronized (decoder) {
        int length = Requests.io("read", toString(), () -> file.read(buffer, (int) buffer.size()));
        return decoder.decode(buffer, length);
      }
    }
  }

  /** The descriptor keeps the queue, so it goes first. */
  @Override
  void release() {
    Requests.close(file);
  }
}
