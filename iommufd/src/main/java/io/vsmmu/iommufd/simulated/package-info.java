/** A model of the kernel's rules that reads the same bytes as the kernel. */
@NullMarked
package io.vsmmu.iommufd.simulated;

import org.jspecify.annotations.NullMarked;
