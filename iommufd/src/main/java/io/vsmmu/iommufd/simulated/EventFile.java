package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.simulated.KernelObject.EventQueue;
import java.nio.file.Path;

/** Gives the events of a vIOMMU. */
record EventFile(Path device, Context context, EventQueue queue) implements QueueFile {

  @Override
  public byte[] read(int atMost) {
    return queue.events().read(atMost);
  }

  @Override
  public boolean isReadable() {
    return !queue.events().isEmpty();
  }
}
