package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which page table a device can be put behind, and when. */
@Conformance
class AttachTest {
  private Descriptor file;
  private int device;
  private int ioas;
  private int viommu;

  @BeforeEach
  void viommu(Session session, KernelUnderTest target) {
    file = session.open(target.anyDevice());
    device = session.bind(file);
    ioas = session.ioas();
    viommu = session.viommu(device, session.nestingParent(device, ioas));
  }

  @Test
  void bypassAbortAndInvalidNeedNoVdevice(Session session) {
    session.attach(file, session.nested(device, viommu, Vste.bypass()));
    session.attach(file, session.nested(device, viommu, Vste.abort()));
    session.attach(file, session.nested(device, viommu, 0, 0));
  }

  @Test
  void translateNeedsAVdevice(Session session) {
    int translate = session.nested(device, viommu, Vste.translate(0x4000_0000, 0, 0, 0));

    assertFails(Errno.ENOENT, () -> session.attach(file, translate));

    session.vdevice(viommu, device, 3);
    session.attach(file, translate);
  }

  @Test
  void againAndInPlaceOfAnother(Session session) {
    int bypass = session.nested(device, viommu, Vste.bypass());
    int abort = session.nested(device, viommu, Vste.abort());

    session.attach(file, bypass);
    session.attach(file, bypass);
    session.attach(file, abort);

    session.destroy(bypass);
    assertFails(Errno.EBUSY, () -> session.destroy(abort));
  }

  @Test
  void detachOfADetachedDevice(Session session) {
    session.detach(file);
    session.detach(file);
  }

  @Test
  void unknownOrNoPageTable(Session session) {
    assertFails(Errno.ENOENT, () -> session.attach(file, 9999));
    assertFails(Errno.EINVAL, () -> session.attach(file, viommu));
  }

  @Test
  void aPageTableOfAnotherSmmu(Session session, KernelUnderTest target) {
    List<TreeDevice> two = target.twoOfTwoSmmus();
    TreeDevice elsewhere = two.get(1);
    Descriptor otherFile = session.open(elsewhere);
    session.bind(otherFile);
    int bypass = session.nested(device, viommu, Vste.bypass());

    assertFails(Errno.EINVAL, () -> session.attach(otherFile, bypass));
  }

  @Test
  void aMappingInTheMsiWindow(Session session) {
    int bypass = session.nested(device, viommu, Vste.bypass());
    session.map(ioas, 0x800_0000);

    assertFails(Errno.EADDRINUSE, () -> session.attach(file, bypass));

    session.unmap(ioas, 0x800_0000, Session.PAGE);
    session.attach(file, bypass);
    assertFails(Errno.EINVAL, () -> session.map(ioas, 0x80f_0000));
    session.detach(file);
    session.map(ioas, 0x80f_0000);
  }

  @Test
  void anAddressSpaceGetsAPageTableForTheTimeOfTheAttachment(Session session) {
    int automatic = session.attach(file, ioas);

    assertThat(automatic).isNotEqualTo(ioas);
    session.detach(file);
    assertFails(Errno.ENOENT, () -> session.destroy(automatic));
  }
}
