/**
 * What sysfs says about a node: its physical SMMUs, PCI functions and isolation groups, read once
 * into an immutable {@link io.vsmmu.iommufd.topology.NodeTopology}; and the one door through which
 * sysfs attributes are written, {@link io.vsmmu.iommufd.topology.Sysfs}.
 */
@NullMarked
package io.vsmmu.iommufd.topology;

import org.jspecify.annotations.NullMarked;
