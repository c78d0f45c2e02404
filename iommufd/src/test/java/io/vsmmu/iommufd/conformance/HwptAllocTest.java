package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwInfoArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuViommuAlloc;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nesting parents, vIOMMUs and nested page tables. */
@Conformance
class HwptAllocTest {
  private int device;
  private int ioas;
  private int parent;
  private int viommu;

  @BeforeEach
  void viommu(Session session, KernelUnderTest target) {
    device = session.bind(session.open(target.anyDevice()));
    ioas = session.ioas();
    parent = session.nestingParent(device, ioas);
    viommu = session.viommu(device, parent);
  }

  @Test
  void unknownIds(Session session) {
    assertFails(Errno.ENOENT, () -> session.nestingParent(9999, ioas));
    assertFails(Errno.EINVAL, () -> session.nestingParent(device, 9999));
    assertFails(Errno.ENOENT, () -> session.viommu(device, 9999));
    assertFails(Errno.ENOENT, () -> session.viommu(9999, parent));
  }

  @Test
  void idsOfOtherKinds(Session session) {
    assertFails(Errno.ENOENT, () -> session.nestingParent(ioas, ioas));
    assertFails(Errno.EINVAL, () -> session.nestingParent(device, device));
    assertFails(Errno.ENOENT, () -> session.viommu(device, ioas));
  }

  @Test
  void aPageTableThatIsNoNestingParent(Session session) {
    int plain = session.hwpt(device, ioas, 0);

    assertFails(Errno.EINVAL, () -> session.viommu(device, plain));
  }

  @Test
  void nestedOnNested(Session session) {
    int bypass = session.nested(device, viommu, Vste.bypass());

    assertFails(Errno.EINVAL, () -> session.nested(device, bypass, Vste.bypass()));
    assertFails(Errno.ENOENT, () -> session.viommu(device, bypass));
  }

  @Test
  void nestedWithoutViommu(Session session) {
    assertFails(Errno.EOPNOTSUPP, () -> session.nested(device, parent, Vste.bypass()));
  }

  @Test
  void viommuOfNoType(Session session) {
    IommuViommuAlloc request = new IommuViommuAlloc();
    request.dev_id = device;
    request.hwpt_id = parent;

    assertFails(Errno.EOPNOTSUPP, () -> request.call(session.iommu()));
  }

  @Test
  void aNestingParentIsOfOneSmmu(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfTwoSmmus();
    TreeDevice elsewhere = two.get(1);
    int other = session.bind(session.open(elsewhere));

    assertFails(Errno.EINVAL, () -> session.viommu(other, parent));
    assertFails(Errno.EINVAL, () -> session.nested(other, viommu, Vste.bypass()));

    int ownParent = session.nestingParent(other, ioas);
    session.nested(other, session.viommu(other, ownParent), Vste.bypass());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "a bit outside of word 0, 0x0010000000000009, 0",
    "a bit outside of word 1, 0x9, 0x100",
    "Config 1, 0x3, 0",
    "Config 6, 0xd, 0",
    "EATS 2, 0xb, 0x20000000",
    "EATS 3, 0xb, 0x30000000",
  })
  void streamTableEntriesThatAGuestMayNotHave(
      String what, String word0, String word1, Session session) {
    assertFails(
        Errno.EIO, () -> session.nested(device, viommu, Long.decode(word0), Long.decode(word1)));
  }

  @Test
  void streamTableEntriesThatAGuestMayHave(Session session) {
    session.nested(device, viommu, Vste.bypass());
    session.nested(device, viommu, Vste.abort());
    session.nested(device, viommu, Vste.translate(0x4000_0000, 0, 0, 0));
    session.nested(device, viommu, Vste.translate(0x000f_ffff_ffff_ffc0L, 2, 20, 0x1000_00ff));
  }

  @Test
  void anInvalidEntryMayHaveAnyBits(Session session) {
    session.nested(device, viommu, -2, -1);
  }

  @Test
  void dataOfAnotherTypeOrLength(Session session) {
    refusedWith(Errno.EINVAL, session, request -> request.data_type = 1);
    refusedWith(Errno.EINVAL, session, request -> request.data_len = 8);
    refusedWith(Errno.EINVAL, session, request -> request.data_len = 24);
    refusedWith(Errno.EINVAL, session, request -> request.data_len = 0);
    refusedWith(Errno.EFAULT, session, request -> request.data_uptr = 0);
  }

  @Test
  void flagsThatExcludeEachOther(Session session) {
    int parent = IommuHwptAlloc.IOMMU_HWPT_ALLOC_NEST_PARENT;

    for (int flag :
        new int[] {
          IommuHwptAlloc.IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
          IommuHwptAlloc.IOMMU_HWPT_FAULT_ID_VALID,
          IommuHwptAlloc.IOMMU_HWPT_ALLOC_PASID
        }) {
      assertFails(Errno.EOPNOTSUPP, () -> session.hwpt(device, ioas, parent | flag));
    }
    refusedWith(
        Errno.EOPNOTSUPP,
        session,
        request -> request.flags = IommuHwptAlloc.IOMMU_HWPT_ALLOC_PASID);
  }

  @Test
  void aPageTableForPasids(Session session) {
    session.destroy(session.hwpt(device, ioas, IommuHwptAlloc.IOMMU_HWPT_ALLOC_PASID));
  }

  @Test
  void dirtyTrackingNeedsAnSmmuThatDoesIt(Session session) {
    IommuHwInfo info = new IommuHwInfo();
    info.dev_id = device;
    info.data(new IommuHwInfoArmSmmuv3());
    info.call(session.iommu());
    int flags = IommuHwptAlloc.IOMMU_HWPT_ALLOC_DIRTY_TRACKING;

    if ((info.out_capabilities & 1) == 1) {
      session.hwpt(device, ioas, flags);
    } else {
      assertFails(Errno.EOPNOTSUPP, () -> session.hwpt(device, ioas, flags));
    }
  }

  @Test
  void aFaultQueueThatIsNone(Session session) {
    assertFails(
        Errno.ENOENT, () -> session.hwpt(device, ioas, IommuHwptAlloc.IOMMU_HWPT_FAULT_ID_VALID));
    session.destroy(viommu);
    session.destroy(parent);
    session.destroy(ioas);
  }

  private void refusedWith(Errno errno, Session session, Consumer<IommuHwptAlloc> mistake) {
    IommuHwptAlloc request = new IommuHwptAlloc();
    request.dev_id = device;
    request.pt_id = viommu;
    request.data(new IommuHwptArmSmmuv3());
    mistake.accept(request);
    assertFails(errno, () -> request.call(session.iommu()));
  }
}
