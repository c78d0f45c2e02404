package io.vsmmu.iommufd.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.vsmmu.iommufd.BoundDevice;
import io.vsmmu.iommufd.EventQueue;
import io.vsmmu.iommufd.FaultQueue;
import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.Ioas;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.IovaRanges;
import io.vsmmu.iommufd.NestedHwpt;
import io.vsmmu.iommufd.PageFault;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VirtualIommu;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.InvalidationCommand.AtcInv;
import io.vsmmu.iommufd.smmu.InvalidationCommand.CfgiCd;
import io.vsmmu.iommufd.smmu.InvalidationCommand.CfgiCdAll;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNhAll;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNhAsid;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNhVa;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNhVaa;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNsnhAll;
import io.vsmmu.iommufd.smmu.TlbRange;
import io.vsmmu.iommufd.smmu.Vste;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The library's objects on the kernel under test, one device in a tree of its own. */
@Conformance
class ObjectsTest {
  private static final long PAGE = 0x1_0000;
  private static final long STREAM = 8;

  private IommuContext context;
  private VmTree tree;
  private TreeDevice device;

  @BeforeEach
  void build(KernelUnderTest target) {
    device = target.anyDevice();
    context = IommuContext.open(target.kernel(), target.iommu());
    tree = VmTree.build(context, List.of(device), InitialProxy.BYPASS);
  }

  @AfterEach
  void close() {
    tree.close();
    context.close();
  }

  @Test
  void anAttachedDeviceNarrowsTheAddressSpace() {
    IovaRanges attached = tree.ioas().iovaRanges();

    assertThat(attached.alignment()).isPositive();
    assertThat(attached.contain(0x4000_0000, PAGE)).isTrue();
    assertThat(attached.contain(0x800_0000, 0x1000)).isFalse();
    tree.release();
    assertThat(tree.ioas().iovaRanges().contain(0x800_0000, 0x1000)).isTrue();
  }

  @Test
  void memoryOfAFile() {
    Ioas ioas = tree.ioas();
    int file = NativePages.memoryFile(2 * PAGE);
    try {
      ioas.mapFile(file, PAGE, PAGE, 0x4000_0000);
      refused(Errno.EEXIST, "mapped already", () -> ioas.mapFile(file, 0, PAGE, 0x4000_0000));
      refused(Errno.EINVAL, "memfd", () -> ioas.mapFile(file, PAGE, 2 * PAGE, 0x5000_0000));
    } finally {
      NativePages.closeFile(file);
    }

    assertThat(ioas.unmap(0x4000_0000, PAGE)).isEqualTo(PAGE);
  }

  @Test
  void aGuestsInvalidations(KernelUnderTest target) {
    VirtualIommu viommu = joined(target);

    viommu.invalidate(
        List.of(
            new TlbiNsnhAll(),
            new TlbiNhAll(),
            new TlbiNhAsid(1),
            new TlbiNhVa(1, TlbRange.of(0x1000, true)),
            new TlbiNhVaa(TlbRange.of(0x1000, false)),
            new CfgiCd(STREAM, 0, true),
            new CfgiCdAll(STREAM)));

    refused(
        Errno.EIO,
        "command 2 of 2, CfgiCdAll",
        () -> viommu.invalidate(List.of(new TlbiNhAll(), new CfgiCdAll(STREAM + 1))));
    refused(
        Errno.EIO,
        "command 1 of 1, AtcInv",
        () ->
            viommu.invalidate(List.of(new AtcInv(STREAM + 1, OptionalInt.empty(), 0, AtcInv.ALL))));
  }

  /** Where the guest's tables are is the guest's affair: nothing is there yet. */
  @Test
  void aTranslatingPageTable(KernelUnderTest target) {
    VirtualIommu viommu = joined(target);
    BoundDevice bound = tree.boundDevice(device.pciAddress());
    NestedHwpt translating = viommu.allocateNested(bound, Vste.translate(0x4000_0000, 0, 0, 0));

    bound.attach(translating);
    refused(Errno.EBUSY, "still uses it", translating::close);

    bound.attach(tree.proxiesOf(device.pciAddress()).abort());
    translating.close();
  }

  @Test
  void anEventQueueOfTheTree(KernelUnderTest target) {
    VirtualIommu viommu = joined(target);
    EventQueue queue = tree.allocateEventQueue(device.pciAddress(), 16);

    assertThat(queue.await(Duration.ZERO)).isFalse();
    assertThat(queue.read()).isEmpty();
    refused(Errno.EEXIST, "event queue already", () -> viommu.allocateEventQueue(16));

    tree.release();
    assertThat(queue.read()).isEmpty();
    tree.close();
    assertThatIllegalStateException().isThrownBy(queue::read);
    // Nothing is left: the context is as fresh as one that never had a tree.
    try (Ioas first = context.allocateIoas()) {
      assertThat(first.id()).isEqualTo(1);
    }
  }

  @Test
  void aFaultQueueAndItsPageTable() {
    BoundDevice bound = tree.boundDevice(device.pciAddress());
    try (FaultQueue faults = context.allocateFaultQueue();
        NestedHwpt _ =
            tree.viommuOf(device.pciAddress()).allocateNested(bound, Vste.bypass(), faults)) {
      assertThat(faults.await(Duration.ZERO)).isFalse();
      assertThat(faults.read()).isEmpty();
      refused(
          Errno.EINVAL,
          "answered before",
          () ->
              faults.respond(
                  new PageFault(bound.id(), OptionalInt.empty(), 1, true, Set.of(), 0, 0, 77),
                  FaultQueue.Response.SUCCESS));
    }
  }

  @Test
  void whatADeviceHas() {
    BoundDevice bound = tree.boundDevice(device.pciAddress());

    assertThat(bound.info().pci()).isTrue();
    assertThat(bound.info().resettable()).isTrue();
    assertThat(bound.info().regions()).isPositive();
    assertThat(bound.info().irqs()).isPositive();
    bound.reset();
    bound.attach(tree.proxiesOf(device.pciAddress()).abort());
  }

  /** The vDEVICE goes before the device, so that its id is free again. */
  @Test
  void joiningAndReleasingLeavesNothing(KernelUnderTest target) {
    tree.release();
    int free = freeId();
    for (int i = 0; i < 3; i++) {
      tree.join(device.pciAddress(), open(target), STREAM);
      tree.release();
    }

    assertThat(freeId()).isEqualTo(free);
  }

  private int freeId() {
    try (Ioas ioas = context.allocateIoas()) {
      return ioas.id();
    }
  }

  /** The device's vIOMMU, with the device linked to it. */
  private VirtualIommu joined(KernelUnderTest target) {
    tree.release();
    tree.join(device.pciAddress(), open(target), STREAM);
    return tree.viommuOf(device.pciAddress());
  }

  private VfioDevice open(KernelUnderTest target) {
    return VfioDevice.open(target.kernel(), device.cdev(), device.pciAddress());
  }

  private static void refused(Errno errno, String words, ThrowingCallable call) {
    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(call)
        .satisfies(e -> assertThat(e.errno()).isEqualTo(errno))
        .withMessageContaining(words);
  }
}
