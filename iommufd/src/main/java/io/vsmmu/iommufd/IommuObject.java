package io.vsmmu.iommufd;

import io.vsmmu.iommufd.kernel.Errno;

/**
 * An object inside a context, known by its id there. Destroying it needs whatever is on it to be
 * gone; closing the context destroys it too.
 */
public abstract sealed class IommuObject implements AutoCloseable
    permits Ioas, NestingParent, VirtualIommu, NestedHwpt, VirtualDevice, EventQueue, FaultQueue {
  private final IommuContext context;
  private final int id;
  private final String kind;
  private boolean destroyed;

  IommuObject(IommuContext context, int id, String kind) {
    this.context = context;
    this.id = id;
    this.kind = kind;
  }

  /** The kernel's id of the object, unique within the context. */
  public final int id() {
    return id;
  }

  final IommuContext context() {
    return context;
  }

  /**
   * Destroys the object; does nothing when it was destroyed before through this Java object, also
   * by another thread, or found gone: the kernel may have given its id to another object since.
   *
   * @throws IommuException EBUSY when something is still on it; ENOENT when it is gone
   */
  @Override
  public final synchronized void close() {
    if (destroyed) {
      return;
    }
    release();
    try {
      context.destroy(id, toString());
      destroyed = true;
    } catch (IommuException e) {
      destroyed = e.errno() == Errno.ENOENT;
      throw e;
    }
  }

  /** Gives up what this process holds of the object; called before it is destroyed. */
  void release() {}

  @Override
  public final String toString() {
    return kind + " " + Integer.toUnsignedString(id);
  }
}
