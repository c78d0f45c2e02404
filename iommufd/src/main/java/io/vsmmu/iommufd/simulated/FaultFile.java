package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.KernelObject.FaultQueue;
import io.vsmmu.iommufd.uapi.IommuHwptPageResponse;
import io.vsmmu.iommufd.uapi.IommuHwptPgfault;
import java.nio.file.Path;

/**
 * Gives page requests and takes responses. Devices of a simulated machine do no DMA, so there are
 * never any: all that can be answered is how much is read and written at a time.
 */
record FaultFile(Path device, Context context, FaultQueue queue) implements QueueFile {

  @Override
  public byte[] read(int atMost) {
    Fail.when(
        atMost % new IommuHwptPgfault().size() != 0, Errno.ESPIPE, "read of " + atMost + " bytes");
    return new byte[0];
  }

  @Override
  public int write(byte[] bytes) {
    Fail.when(
        bytes.length % new IommuHwptPageResponse().size() != 0,
        Errno.ESPIPE,
        "write of " + bytes.length + " bytes");
    Fail.when(bytes.length > 0, Errno.EINVAL, "response to no page request");
    return 0;
  }

  @Override
  public boolean isReadable() {
    return false;
  }
}
