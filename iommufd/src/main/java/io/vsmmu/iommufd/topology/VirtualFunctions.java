package io.vsmmu.iommufd.topology;

/**
 * The SR-IOV virtual functions of a physical function.
 *
 * @param enabled how many there are now
 * @param total how many there can be
 */
public record VirtualFunctions(int enabled, int total) {}
