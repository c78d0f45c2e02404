package io.vsmmu.iommufd;

import java.nio.file.Path;

/**
 * A device that a VM gets.
 *
 * @param pciAddress e.g. {@code 0000:09:00.0}
 * @param cdev its VFIO character device, e.g. {@code /dev/vfio/devices/vfio0}
 * @param smmu the physical SMMU it is behind: the name that {@code
 *     /sys/bus/pci/devices/ADDRESS/iommu} links to, e.g. {@code smmu3.0x000000000c000000}
 */
public record TreeDevice(String pciAddress, Path cdev, String smmu) {}
