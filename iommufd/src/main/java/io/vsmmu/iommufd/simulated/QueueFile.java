package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.simulated.KernelObject.Queue;

/** The file of a queue. It keeps queue and context alive. */
sealed interface QueueFile extends MachineFile permits EventFile, FaultFile {
  Context context();

  Queue queue();
}
