package io.vsmmu.iommufd.simulated;

/** Something with an id in a context. What uses what decides what can be destroyed. */
abstract sealed class KernelObject {
  private final int id;

  private KernelObject(int id) {
    this.id = id;
  }

  final int id() {
    return id;
  }

  /** Whether the other object must stay because of this one. */
  abstract boolean uses(KernelObject other);

  /** What the kernel frees with the object. */
  void destroyed() {}

  /** Page tables that devices attach to. */
  abstract static sealed class PageTable extends KernelObject {
    private PageTable(int id) {
      super(id);
    }

    /** The stage 2 page table underneath, or this one. */
    abstract Paging stage2();

    /** Whether a device of that SMMU can attach. */
    abstract boolean fits(SmmuState smmu);
  }

  static final class AddressSpace extends KernelObject {
    private final IovaMap mappings = new IovaMap();

    AddressSpace(int id) {
      super(id);
    }

    IovaMap mappings() {
      return mappings;
    }

    @Override
    boolean uses(KernelObject other) {
      return false;
    }
  }

  /** A page table of an address space: a nesting parent, or one that devices attach to directly. */
  static final class Paging extends PageTable {
    private final AddressSpace ioas;
    private final SmmuState smmu;
    private final boolean nestParent;
    private final boolean automatic;
    private final boolean shared;

    /**
     * @param automatic made by an attach to the address space, and gone with the last detach
     * @param shared whether devices behind any SMMU can use it
     */
    Paging(
        int id,
        AddressSpace ioas,
        SmmuState smmu,
        boolean nestParent,
        boolean automatic,
        boolean shared) {
      super(id);
      this.ioas = ioas;
      this.smmu = smmu;
      this.nestParent = nestParent;
      this.automatic = automatic;
      this.shared = shared;
      if (takesVmid()) {
        smmu.takeVmid();
      }
      ioas.mappings.addPageTable();
    }

    AddressSpace ioas() {
      return ioas;
    }

    boolean nestParent() {
      return nestParent;
    }

    boolean automatic() {
      return automatic;
    }

    /** Page tables that need not be a stage 2 are a stage 1 where the SMMU has one. */
    private boolean takesVmid() {
      return nestParent || !smmu.smmu().hasStage1();
    }

    @Override
    Paging stage2() {
      return this;
    }

    @Override
    boolean fits(SmmuState other) {
      return shared || smmu == other;
    }

    @Override
    boolean uses(KernelObject other) {
      return other == ioas;
    }

    @Override
    void destroyed() {
      if (takesVmid()) {
        smmu.giveVmid();
      }
      ioas.mappings.removePageTable();
    }
  }

  static final class Viommu extends KernelObject {
    private final Paging parent;
    private final SmmuState smmu;

    Viommu(int id, Paging parent, SmmuState smmu) {
      super(id);
      this.parent = parent;
      this.smmu = smmu;
    }

    SmmuState smmu() {
      return smmu;
    }

    @Override
    boolean uses(KernelObject other) {
      return other == parent;
    }
  }

  static final class Nested extends PageTable {
    private final Viommu viommu;
    private final boolean translates;

    Nested(int id, Viommu viommu, boolean translates) {
      super(id);
      this.viommu = viommu;
      this.translates = translates;
    }

    Viommu viommu() {
      return viommu;
    }

    boolean translates() {
      return translates;
    }

    @Override
    Paging stage2() {
      return viommu.parent;
    }

    @Override
    boolean fits(SmmuState smmu) {
      return viommu.smmu == smmu;
    }

    @Override
    boolean uses(KernelObject other) {
      return other == viommu;
    }
  }

  static final class Vdevice extends KernelObject {
    private final Viommu viommu;
    private final Device device;
    private final long virtId;

    Vdevice(int id, Viommu viommu, Device device, long virtId) {
      super(id);
      this.viommu = viommu;
      this.device = device;
      this.virtId = virtId;
    }

    Viommu viommu() {
      return viommu;
    }

    Device device() {
      return device;
    }

    long virtId() {
      return virtId;
    }

    @Override
    boolean uses(KernelObject other) {
      return other == viommu;
    }
  }

  /** A bound device. */
  static final class Device extends KernelObject {
    private final FunctionState function;

    Device(int id, FunctionState function) {
      super(id);
      this.function = function;
    }

    FunctionState function() {
      return function;
    }

    /** Itself as well: only closing the device's file ends it. */
    @Override
    boolean uses(KernelObject other) {
      return other == this || other == function.group().attachment(this);
    }
  }
}
