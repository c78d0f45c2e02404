package io.vsmmu.iommufd;

/** The link of a bound device to a vIOMMU: which stream id of the guest is which device. */
public final class VirtualDevice extends IommuObject {
  private final long virtualStreamId;

  VirtualDevice(IommuContext context, int id, long virtualStreamId) {
    super(context, id, "vDEVICE");
    this.virtualStreamId = virtualStreamId;
  }

  /** The stream id in the guest, 0 to 2^32-1. */
  public long virtualStreamId() {
    return virtualStreamId;
  }
}
