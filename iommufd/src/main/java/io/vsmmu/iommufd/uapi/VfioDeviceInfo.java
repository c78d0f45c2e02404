package io.vsmmu.iommufd.uapi;

import com.sun.jna.Memory;
import com.sun.jna.Structure;
import com.sun.jna.Structure.FieldOrder;
import io.vsmmu.iommufd.kernel.Ioctl;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code struct vfio_device_info}: what a device has. Capabilities follow it in memory, where there
 * is room.
 */
@FieldOrder({"argsz", "flags", "num_regions", "num_irqs", "cap_offset", "pad"})
@SuppressWarnings("MemberName") // the kernel's names
public final class VfioDeviceInfo extends Request {

  /** {@code VFIO_DEVICE_GET_INFO}. */
  public static final Ioctl REQUEST = Ioctl.of("VFIO_DEVICE_GET_INFO", 0x6b);

  public static final int VFIO_DEVICE_FLAGS_RESET = 1;
  public static final int VFIO_DEVICE_FLAGS_PCI = 2;

  /** There are capabilities. */
  public static final int VFIO_DEVICE_FLAGS_CAPS = 1 << 7;

  /** In: bytes of this structure and the room behind it; out: bytes that all would take. */
  public int argsz;

  public int flags;
  public int num_regions;
  public int num_irqs;

  /** Where the first {@link VfioInfoCapHeader} is, from the start; 0 when none fitted. */
  public int cap_offset;

  public int pad;

  /** The structure and the room behind it. */
  private final Memory answer;

  public VfioDeviceInfo() {
    this(0);
  }

  /**
   * With room for capabilities.
   *
   * @param room bytes in all; never less than the structure has
   */
  public VfioDeviceInfo(int room) {
    super(REQUEST);
    answer = new Memory(Math.max(room, size()));
    answer.clear();
    useMemory(answer);
    argsz = Math.toIntExact(answer.size());
  }

  /** The capabilities that the kernel appended, in its order; none when they did not fit. */
  public List<VfioInfoCapHeader> capabilities() {
    List<VfioInfoCapHeader> headers = new ArrayList<>();
    int offset = (flags & VFIO_DEVICE_FLAGS_CAPS) == 0 ? 0 : cap_offset;
    // Every header is behind the one before it, so the chain ends.
    int previous = 0;
    while (offset > previous) {
      VfioInfoCapHeader header = new VfioInfoCapHeader(answer.share(offset));
      header.read();
      headers.add(header);
      previous = offset;
      offset = header.next;
    }
    return headers;
  }

  /**
   * Fills in a capability's structure.
   *
   * @param header one of {@link #capabilities()}
   */
  public <C extends Structure> C capability(VfioInfoCapHeader header, C blank) {
    byte[] bytes = header.getPointer().getByteArray(0, blank.size());
    blank.getPointer().write(0, bytes, 0, bytes.length);
    blank.read();
    return blank;
  }
}
