package io.vsmmu.iommufd.simulated;

import java.nio.file.Path;

/** An open {@code /dev/iommu}. */
record IommuFile(Path device, Context context) implements MachineFile {}
