package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.PAGE;
import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.uapi.IommuIoasMap;
import io.vsmmu.iommufd.uapi.IommuIoasMapFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The memory behind mappings, which is pinned as soon as there is a page table. */
@Conformance
class MappedMemoryTest {
  /** The first page, which no process has. */
  private static final long NOWHERE = 0;

  private final int memory = NativePages.memoryFile(2 * PAGE);

  @AfterEach
  void closeMemory() {
    NativePages.closeFile(memory);
  }

  @Test
  void memoryThatIsNotThereShowsWhenItIsPinned(Session session, KernelUnderTest target) {
    int ioas = session.ioas();

    map(session, ioas, NOWHERE);
    assertThat(session.unmap(ioas, 0, -1)).isEqualTo(PAGE);

    session.nestingParent(session.bind(session.open(target.anyDevice())), ioas);
    assertFails(Errno.EFAULT, () -> map(session, ioas, NOWHERE));
    session.map(ioas, 0);
  }

  @Test
  void memoryThatIsReadOnly(Session session, KernelUnderTest target) {
    int ioas = session.ioas();
    session.nestingParent(session.bind(session.open(target.anyDevice())), ioas);
    try (NativePages pages = new NativePages(PAGE)) {
      pages.start().setByte(0, (byte) 1);
      pages.makeReadOnly();

      assertFails(Errno.EFAULT, () -> map(session, ioas, pages.address()));
    }
  }

  @Test
  void memoryAroundTheEnd(Session session) {
    int ioas = session.ioas();

    assertFails(Errno.EOVERFLOW, () -> map(session, ioas, -4096));
  }

  @Test
  void memoryOfNoWholePages(Session session, KernelUnderTest target) {
    int ioas = session.ioas();
    session.nestingParent(session.bind(session.open(target.anyDevice())), ioas);

    assertFails(Errno.EINVAL, () -> map(session, ioas, session.userMemory() + 8));
  }

  @Test
  void aFileInMemory(Session session, KernelUnderTest target) {
    int ioas = session.ioas();
    session.nestingParent(session.bind(session.open(target.anyDevice())), ioas);

    mapFile(ioas, memory, 0, 2 * PAGE, 0).call(session.iommu());
    assertFails(Errno.EEXIST, () -> mapFile(ioas, memory, 0, PAGE, PAGE).call(session.iommu()));
    mapFile(ioas, memory, PAGE, PAGE, 4 * PAGE).call(session.iommu());

    assertThat(session.unmap(ioas, 0, -1)).isEqualTo(3 * PAGE);
  }

  @Test
  void aFileWhereTheKernelChooses(Session session) {
    int ioas = session.ioas();
    IommuIoasMapFile request = mapFile(ioas, memory, 0, PAGE, 0);
    request.flags &= ~IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA;

    request.call(session.iommu());

    assertThat(session.unmap(ioas, request.iova, PAGE)).isEqualTo(PAGE);
  }

  @Test
  void whatIsNoFileInMemory(Session session, KernelUnderTest target) {
    int ioas = session.ioas();
    session.nestingParent(session.bind(session.open(target.anyDevice())), ioas);

    assertFails(Errno.EBADF, () -> mapFile(ioas, 1 << 20, 0, PAGE, 0).call(session.iommu()));
    assertFails(
        Errno.EINVAL, () -> mapFile(ioas, session.iommu().fd(), 0, PAGE, 0).call(session.iommu()));
    assertFails(Errno.EINVAL, () -> mapFile(ioas, memory, 2 * PAGE, PAGE, 0).call(session.iommu()));
  }

  @Test
  void rangesOfAFile(Session session) {
    int ioas = session.ioas();
    IommuIoasMapFile flags = mapFile(ioas, memory, 0, PAGE, 0);
    flags.flags |= 1 << 30;
    IommuIoasMapFile neither = mapFile(ioas, memory, 0, PAGE, 0);
    neither.flags = IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA;

    assertFails(Errno.EINVAL, () -> mapFile(ioas, memory, 0, 0, 0).call(session.iommu()));
    assertFails(
        Errno.EOVERFLOW, () -> mapFile(ioas, memory, -PAGE, 2 * PAGE, 0).call(session.iommu()));
    assertFails(Errno.EOVERFLOW, () -> mapFile(ioas, memory, 0, PAGE, -1).call(session.iommu()));
    assertFails(Errno.ENOENT, () -> mapFile(9999, memory, 0, PAGE, 0).call(session.iommu()));
    assertFails(Errno.EOPNOTSUPP, () -> flags.call(session.iommu()));
    assertFails(Errno.EINVAL, () -> neither.call(session.iommu()));
  }

  private static void map(Session session, int ioas, long address) {
    IommuIoasMap request = new IommuIoasMap();
    request.flags =
        IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA
            | IommuIoasMap.IOMMU_IOAS_MAP_READABLE
            | IommuIoasMap.IOMMU_IOAS_MAP_WRITEABLE;
    request.ioas_id = ioas;
    request.user_va = address;
    request.length = PAGE;
    request.call(session.iommu());
  }

  private static IommuIoasMapFile mapFile(int ioas, int fd, long start, long length, long iova) {
    IommuIoasMapFile request = new IommuIoasMapFile();
    request.flags =
        IommuIoasMap.IOMMU_IOAS_MAP_FIXED_IOVA
            | IommuIoasMap.IOMMU_IOAS_MAP_READABLE
            | IommuIoasMap.IOMMU_IOAS_MAP_WRITEABLE;
    request.ioas_id = ioas;
    request.fd = fd;
    request.start = start;
    request.length = length;
    request.iova = iova;
    return request;
  }
}
