package io.vsmmu.iommufd;

/** A page table on a vIOMMU, from a stream table entry of the guest: what devices attach to. */
public final class NestedHwpt extends IommuObject {

  NestedHwpt(IommuContext context, int id) {
    super(context, id, "nested page table");
  }

  /**
   * Takes over a nested page table that another process made in the context. Nothing is asked of
   * the kernel: a wrong id shows when it is used.
   */
  public static NestedHwpt adopt(IommuContext context, int id) {
    return new NestedHwpt(context, id);
  }
}
