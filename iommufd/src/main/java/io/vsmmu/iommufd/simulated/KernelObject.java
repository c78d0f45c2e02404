package io.vsmmu.iommufd.simulated;

import org.jspecify.annotations.Nullable;

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
    private final IovaMap mappings;

    AddressSpace(int id, PinnedMemory pinned) {
      super(id);
      this.mappings = new IovaMap(pinned);
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
    private final IovaMap.Format format;

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
      this.format = smmu.smmu().pageTable(isStage2());
      if (takesVmid()) {
        smmu.takeVmid();
      }
      try {
        ioas.mappings.addPageTable(format);
      } catch (RuntimeException e) {
        giveVmid();
        throw e;
      }
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

    boolean shared() {
      return shared;
    }

    /** Page tables that need not be a stage 2 are a stage 1 where the SMMU has one. */
    private boolean isStage2() {
      return nestParent || !smmu.smmu().hasStage1();
    }

    /** A kernel that shares nesting parents between SMMUs gives VMIDs to the vIOMMUs on them. */
    private boolean takesVmid() {
      return isStage2() && !shared;
    }

    private void giveVmid() {
      if (takesVmid()) {
        smmu.giveVmid();
      }
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
      giveVmid();
      ioas.mappings.removePageTable(format);
    }
  }

  static final class Viommu extends KernelObject {
    private final Paging parent;
    private final SmmuState smmu;

    Viommu(int id, Paging parent, SmmuState smmu) {
      super(id);
      this.parent = parent;
      this.smmu = smmu;
      if (parent.shared) {
        smmu.takeVmid();
      }
    }

    SmmuState smmu() {
      return smmu;
    }

    @Override
    boolean uses(KernelObject other) {
      return other == parent;
    }

    @Override
    void destroyed() {
      if (parent.shared) {
        smmu.giveVmid();
      }
    }
  }

  static final class Nested extends PageTable {
    private final Viommu viommu;
    private final boolean translates;
    private final @Nullable FaultQueue faults;

    /**
     * @param faults where page requests of its devices go, if anywhere
     */
    Nested(int id, Viommu viommu, boolean translates, @Nullable FaultQueue faults) {
      super(id);
      this.viommu = viommu;
      this.translates = translates;
      this.faults = faults;
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
      return other == viommu || other == faults;
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

  /** What has a file of its own, and must stay as long as that is open. */
  abstract static sealed class Queue extends KernelObject {
    private boolean open = true;

    private Queue(int id) {
      super(id);
    }

    void fileClosed() {
      open = false;
    }

    @Override
    boolean uses(KernelObject other) {
      return open && other == this;
    }
  }

  /** Page requests of devices. */
  static final class FaultQueue extends Queue {
    FaultQueue(int id) {
      super(id);
    }
  }

  /** Events of a vIOMMU's devices. */
  static final class EventQueue extends Queue {
    private final Viommu viommu;
    private final int type;
    private final VirtualEvents events;

    /**
     * @param depth most events that it holds
     */
    EventQueue(int id, Viommu viommu, int type, int depth) {
      super(id);
      this.viommu = viommu;
      this.type = type;
      this.events = new VirtualEvents(depth);
    }

    Viommu viommu() {
      return viommu;
    }

    int type() {
      return type;
    }

    VirtualEvents events() {
      return events;
    }

    @Override
    boolean uses(KernelObject other) {
      return other == viommu || super.uses(other);
    }
  }

  /** A bound device. */
  static final class Device extends KernelObject {
    private final FunctionState function;
    private @Nullable Vdevice link;

    Device(int id, FunctionState function) {
      super(id);
      this.function = function;
    }

    FunctionState function() {
      return function;
    }

    /** The vDEVICE that it had when it was attached; the guest hears of its events through that. */
    @Nullable Vdevice link() {
      return link;
    }

    void setLink(@Nullable Vdevice link) {
      this.link = link;
    }

    /** Itself as well: only closing the device's file ends it. */
    @Override
    boolean uses(KernelObject other) {
      return other == this || other == function.group().attachment(this);
    }
  }
}
