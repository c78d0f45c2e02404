package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.IommuVeventArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommufdVeventHeader;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The events in a vIOMMU's queue. One that finds no room is lost; the reader then gets, in its
 * place in the order, a header that says so and no event.
 */
final class VirtualEvents {
  private record Event(int sequence, byte[] bytes) {
    boolean isLoss() {
      return bytes.length == 0;
    }
  }

  private final int depth;
  private final Deque<Event> waiting = new ArrayDeque<>();
  private int sequence;

  VirtualEvents(int depth) {
    this.depth = depth;
  }

  /**
   * @param event as the guest's SMMU would have it in its event queue
   */
  void add(IommuVeventArmSmmuv3 event) {
    boolean lost = waiting.stream().filter(each -> !each.isLoss()).count() == depth;
    Event last = waiting.peekLast();
    if (last != null && last.isLoss()) {
      waiting.removeLast();
    }
    event.write();
    waiting.add(
        new Event(sequence, lost ? new byte[0] : event.getPointer().getByteArray(0, event.size())));
    sequence = sequence + 1 & Integer.MAX_VALUE;
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /**
   * As many as fit into {@code count} bytes.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException EINVAL when not even a header would
   */
  byte[] read(int count) {
    Fail.when(count < new IommufdVeventHeader().size(), Errno.EINVAL, "read of " + count);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    while (!waiting.isEmpty()) {
      Event next = waiting.peek();
      IommufdVeventHeader header = new IommufdVeventHeader();
      if (header.size() + next.bytes().length > count - out.size()) {
        break;
      }
      header.flags = next.isLoss() ? IommufdVeventHeader.IOMMU_VEVENTQ_FLAG_LOST_EVENTS : 0;
      header.sequence = next.sequence();
      header.write();
      out.writeBytes(header.getPointer().getByteArray(0, header.size()));
      out.writeBytes(next.bytes());
      waiting.remove();
    }
    return out.toByteArray();
  }
}
