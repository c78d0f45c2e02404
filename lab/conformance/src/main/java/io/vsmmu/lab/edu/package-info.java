/**
 * QEMU's {@code edu} device (docs/specs/edu in QEMU's sources), driven through VFIO: a PCI device
 * whose DMA a program controls by a few registers.
 */
@NullMarked
package io.vsmmu.lab.edu;

import org.jspecify.annotations.NullMarked;
