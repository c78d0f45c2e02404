package io.vsmmu.agent.binding;

import org.jspecify.annotations.Nullable;

/**
 * What a function was like before we moved it to VFIO.
 *
 * @param bootId the boot in which that was; after another boot it says nothing
 * @param driver the driver that it was on
 * @param driverOverride the driver_override that it had
 */
record OriginalDriver(String bootId, @Nullable String driver, @Nullable String driverOverride) {}
