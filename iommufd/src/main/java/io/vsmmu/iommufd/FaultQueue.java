package io.vsmmu.iommufd;

import com.sun.jna.Memory;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.uapi.IommuHwptPageResponse;
import io.vsmmu.iommufd.uapi.IommuHwptPgfault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The page requests of devices behind nested page tables that were made with this queue ({@link
 * VirtualIommu#allocateNested(BoundDevice, io.vsmmu.iommufd.smmu.Vste, FaultQueue)}). Each group of
 * requests keeps its device waiting until it is answered. Has a descriptor that becomes readable
 * and can be passed to another process.
 *
 * <p>Safe for use by several threads; each request goes to one of them.
 */
public final class FaultQueue extends IommuObject {
  private static final int FAULT = new IommuHwptPgfault().size();
  private static final int FAULTS_AT_A_TIME = 64;

  /** PCI lets a device have no more requests under way than this (Outstanding Page Requests). */
  private static final int LARGEST_GROUP = 1 << 16;

  private final Descriptor file;

  FaultQueue(IommuContext context, int id, int fd) {
    super(context, id, "fault queue");
    this.file = new Descriptor(context.kernel(), fd, toString());
  }

  /** How a group of page requests ended. */
  public enum Response {
    /** The pages are there now: the device may try again. */
    SUCCESS(IommuHwptPageResponse.IOMMUFD_PAGE_RESP_SUCCESS),
    /** There will be no pages: the device must not try again. */
    INVALID(IommuHwptPageResponse.IOMMUFD_PAGE_RESP_INVALID);

    private final int code;

    Response(int code) {
      this.code = code;
    }
  }

  /** The descriptor, to wait on or to pass it on. This object keeps owning it. */
  public int fd() {
    return file.fd();
  }

  /**
   * Waits until there is a page request. Closing the queue waits until this ends.
   *
   * @return false when the time is up
   */
  public boolean await(Duration timeout) {
    return Requests.io("poll", toString(), () -> file.awaitReadable(timeout));
  }

  /**
   * The page requests that there are now, in whole groups; none when there are none.
   *
   * @throws IommuException what the read gives
   */
  public List<PageFault> read() {
    int room = FAULTS_AT_A_TIME;
    while (true) {
      List<PageFault> faults = read(room);
      // A group that is larger than the room stays in the queue.
      if (!faults.isEmpty() || room >= LARGEST_GROUP || !await(Duration.ZERO)) {
        return faults;
      }
      room *= 2;
    }
  }

  private List<PageFault> read(int room) {
    try (Memory buffer = new Memory((long) room * FAULT)) {
      int length = Requests.io("read", toString(), () -> file.read(buffer, (int) buffer.size()));
      List<PageFault> faults = new ArrayList<>();
      for (int offset = 0; offset < length; offset += FAULT) {
        IommuHwptPgfault fault = new IommuHwptPgfault();
        byte[] bytes = buffer.getByteArray(offset, FAULT);
        fault.getPointer().write(0, bytes, 0, bytes.length);
        fault.read();
        faults.add(PageFault.of(fault));
      }
      return faults;
    }
  }

  /**
   * Answers a group of page requests.
   *
   * @param fault the last one of the group
   * @throws IommuException EINVAL when the group was answered before, e.g. by a detach
   */
  public void respond(PageFault fault, Response response) {
    if (!fault.lastOfGroup()) {
      throw new IllegalArgumentException(
          "group %d is answered with its last request".formatted(fault.group()));
    }
    IommuHwptPageResponse answer = new IommuHwptPageResponse();
    answer.cookie = fault.cookie();
    answer.code = response.code;
    answer.write();
    Requests.io(
        "write",
        this + ", page requests of group " + fault.group(),
        () -> file.write(answer.getPointer(), answer.size()));
  }

  /** The descriptor keeps the queue, so it goes first. */
  @Override
  void release() {
    Requests.close(file);
  }
}
