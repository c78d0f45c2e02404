package io.vsmmu.iommufd.simulated;

import java.nio.file.Path;

/**
 * An open file description of a machine, however many descriptors of however many processes refer
 * to it. Meaningful to the machine that opened it only.
 */
public interface OpenFile {

  /** The device node that was opened. */
  Path device();
}
