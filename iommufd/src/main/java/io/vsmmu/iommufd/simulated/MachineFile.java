package io.vsmmu.iommufd.simulated;

/** The kinds of open files that a machine has. */
sealed interface MachineFile extends OpenFile permits IommuFile, VfioFile {}
