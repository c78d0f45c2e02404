/**
 * What iommufd and VFIO answer, as tests that need a {@link io.vsmmu.iommufd.kernel.Kernel} and
 * some devices only. They run on the simulated kernel by default, and on the running one when the
 * system property {@code vsmmu.conformance.devices} names devices (see {@link
 * io.vsmmu.iommufd.conformance.TargetResolver}).
 */
@NullMarked
package io.vsmmu.iommufd.conformance;

import org.jspecify.annotations.NullMarked;
