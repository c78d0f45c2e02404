package io.vsmmu.iommufd;

import java.util.List;

/**
 * All objects that one VM needs in a context: an address space, a nesting parent and a vIOMMU with
 * its proxies per physical SMMU, and the devices behind a proxy. The context stays the caller's.
 *
 * <p>Not safe for use by several threads.
 */
public final class VmTree implements AutoCloseable {

  /**
   * Builds the tree in a context, or leaves the context as it was.
   *
   * @param devices at least one; bound in parallel, since each bind resets its device
   * @param initialProxy what the devices are attached to
   * @throws IommuException when a request fails; it names request and object
   */
  public static VmTree build(
      IommuContext context, List<TreeDevice> devices, InitialProxy initialProxy) {
    throw new UnsupportedOperationException("not yet");
  }

  /** Takes a tree over that another process built in the context and released. */
  public static VmTree adopt(IommuContext context, TreeDescription description) {
    throw new UnsupportedOperationException("not yet");
  }

  /** The tree as data, for a process that is to adopt it. */
  public TreeDescription describe() {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Brings a device of the description into an adopted or released tree: binds it, links it to its
   * vIOMMU and attaches it to the initial proxy. The tree owns the device afterwards.
   *
   * @param pciAddress one of the description
   * @param virtualStreamId as in {@link VirtualIommu#allocateVdevice}
   * @throws IommuException when a request fails; the device is closed then
   */
  public BoundDevice join(String pciAddress, VfioDevice device, long virtualStreamId) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Closes the devices and keeps the objects: the state in which a tree is handed over to a VMM
   * that binds the devices itself. To forget the tree afterwards close the context, not the tree.
   */
  public void release() {
    throw new UnsupportedOperationException("not yet");
  }

  /** Closes the devices and destroys all objects; the context is as before. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("not yet");
  }
}
