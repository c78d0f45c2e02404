package io.vsmmu.iommufd;

import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import io.vsmmu.iommufd.smmu.SmmuEvent;
import io.vsmmu.iommufd.uapi.IommuVeventArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommufdVeventHeader;
import java.util.ArrayList;
import java.util.List;

/** Reads the records of an event queue and finds what is missing between them. */
final class EventDecoder {
  private static final int UNKNOWN = -2;
  private static final int SEQUENCE_MASK = Integer.MAX_VALUE;

  /** Sequence number of the latest event, lost ones too; -1 before the first. */
  private int latest;

  private EventDecoder(int latest) {
    this.latest = latest;
  }

  static EventDecoder ofFreshQueue() {
    return new EventDecoder(-1);
  }

  /** Where events before the first one that is read were read by another. */
  static EventDecoder ofUsedQueue() {
    return new EventDecoder(UNKNOWN);
  }

  /**
   * @param length bytes of whole records
   */
  List<VirtualEvent> decode(Pointer records, int length) {
    List<VirtualEvent> events = new ArrayList<>();
    int offset = 0;
    while (offset < length) {
      IommufdVeventHeader header = filled(new IommufdVeventHeader(), records, offset);
      offset += header.size();
      int passed = passedBy(header.sequence);
      latest = header.sequence;
      if ((header.flags & IommufdVeventHeader.IOMMU_VEVENTQ_FLAG_LOST_EVENTS) != 0) {
        events.add(new VirtualEvent.Lost(header.sequence, passed));
      } else {
        if (passed > 1) {
          events.add(new VirtualEvent.Lost(header.sequence - 1 & SEQUENCE_MASK, passed - 1));
        }
        IommuVeventArmSmmuv3 event = filled(new IommuVeventArmSmmuv3(), records, offset);
        offset += event.size();
        events.add(new VirtualEvent.Reported(header.sequence, SmmuEvent.decode(event.evt)));
      }
    }
    return events;
  }

  /** How many events there were since the latest, up to this one; 0 when that is not known. */
  private int passedBy(int sequence) {
    return latest == UNKNOWN ? 0 : sequence - latest & SEQUENCE_MASK;
  }

  private static <S extends Structure> S filled(S blank, Pointer from, int offset) {
    byte[] bytes = from.getByteArray(offset, blank.size());
    blank.getPointer().write(0, bytes, 0, bytes.length);
    blank.read();
    return blank;
  }
}
