package io.vsmmu.iommufd.uapi;

import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Ioctl;
import java.util.ArrayList;
import java.util.List;

/**
 * The argument of one request. Its public fields are those of the C structure; the first one, which
 * holds the structure's size, is set. The kernel reads and writes the structure's own memory.
 *
 * <p>Not safe for use by several threads.
 */
public abstract class Request extends Structure {
  private final Ioctl ioctl;
  private final List<Structure> userData = new ArrayList<>();

  protected Request(Ioctl ioctl) {
    this.ioctl = ioctl;
  }

  /** The request that takes this structure. */
  public final Ioctl ioctl() {
    return ioctl;
  }

  /**
   * Makes the request and reads the answer into the fields, of this and of the data it points to.
   * The kernel fills some in when it refuses, too.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException what the kernel answers
   */
  public final void call(Descriptor file) {
    userData.forEach(Structure::write);
    write();
    try {
      file.ioctl(ioctl, getPointer());
    } finally {
      read();
      userData.forEach(Structure::read);
    }
  }

  /**
   * Address of a structure that this request points to. It stays reachable as long as the request.
   */
  protected final long addressOf(Structure data) {
    userData.add(data);
    data.write();
    return Pointer.nativeValue(data.getPointer());
  }

  /**
   * As {@link #addressOf(Structure)}, for structures in a row.
   *
   * @param data as {@link Structure#toArray(int)} makes them
   */
  protected final long addressOf(Structure[] data) {
    for (Structure each : data) {
      addressOf(each);
    }
    return Pointer.nativeValue(data[0].getPointer());
  }
}
