package io.vsmmu.iommufd;

import io.vsmmu.iommufd.smmu.SmmuEvent;

/** What a vIOMMU's event queue gives. */
public sealed interface VirtualEvent {

  /** Number of the event in its queue, 0 to 2^31-1 and from 0 again. */
  int sequence();

  /** An event of a device that is linked to the vIOMMU; its stream id is the guest's. */
  record Reported(int sequence, SmmuEvent event) implements VirtualEvent {}

  /**
   * Events that the queue had no room for.
   *
   * @param sequence number of the last one
   * @param count how many; 0 when it is not known, in a queue that was read by another before
   */
  record Lost(int sequence, int count) implements VirtualEvent {}
}
