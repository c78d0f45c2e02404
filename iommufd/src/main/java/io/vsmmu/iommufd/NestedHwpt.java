package io.vsmmu.iommufd;

/** A page table on a vIOMMU, from a stream table entry of the guest: what devices attach to. */
public final class NestedHwpt extends IommuObject {

  NestedHwpt(IommuContext context, int id) {
    super(context, id, "nested page table");
  }
}
