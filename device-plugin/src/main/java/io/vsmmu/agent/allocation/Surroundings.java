package io.vsmmu.agent.allocation;

import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.iommufd.kernel.Kernel;
import java.nio.file.Path;

/**
 * The node that allocations are made on.
 *
 * @param sysfs {@code /sys}
 * @param dev {@code /dev}
 * @param bootId the running boot, {@code /proc/sys/kernel/random/boot_id}
 * @param vfioUser numeric user that VMMs run as; it owns character devices while allocated
 */
public record Surroundings(
    Kernel kernel,
    Path sysfs,
    Path dev,
    String bootId,
    int vfioUser,
    NodeInventory inventory,
    DeviceClaims claims) {}
