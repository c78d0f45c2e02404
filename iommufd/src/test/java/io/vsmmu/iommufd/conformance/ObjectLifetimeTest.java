package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What can be destroyed, and what outlives the device that it was made with. */
@Conformance
class ObjectLifetimeTest {
  private Descriptor file;
  private int device;
  private int ioas;
  private int parent;
  private int viommu;
  private int bypass;

  @BeforeEach
  void tree(Session session, KernelUnderTest target) {
    file = session.open(target.anyDevice());
    device = session.bind(file);
    ioas = session.ioas();
    parent = session.nestingParent(device, ioas);
    viommu = session.viommu(device, parent);
    bypass = session.nested(device, viommu, Vste.bypass());
  }

  @Test
  void unknownId(Session session) {
    assertFails(Errno.ENOENT, () -> session.destroy(9999));
  }

  @Test
  void busyWhileSomethingIsOnIt(Session session) {
    session.attach(file, bypass);

    assertFails(Errno.EBUSY, () -> session.destroy(ioas));
    assertFails(Errno.EBUSY, () -> session.destroy(parent));
    assertFails(Errno.EBUSY, () -> session.destroy(viommu));
    assertFails(Errno.EBUSY, () -> session.destroy(bypass));
    assertFails(Errno.EBUSY, () -> session.destroy(device));
  }

  @Test
  void destroyedFromTheLeaves(Session session) {
    session.attach(file, bypass);
    int vdevice = session.vdevice(viommu, device, 7);

    session.detach(file);
    session.destroy(vdevice);
    session.destroy(bypass);
    session.destroy(viommu);
    session.destroy(parent);
    session.destroy(ioas);

    assertFails(Errno.ENOENT, () -> session.destroy(ioas));
  }

  @Test
  void freeIdsAreUsedAgain(Session session) {
    int freed = session.ioas();
    session.destroy(freed);

    assertThat(session.ioas()).isEqualTo(freed);
  }

  @Test
  void objectsOutliveTheDeviceButNotItsVdevice(Session session, KernelUnderTest target) {
    int vdevice = session.vdevice(viommu, device, 7);
    session.attach(file, bypass);

    file.close();
    assertFails(Errno.ENOENT, () -> session.destroy(vdevice));
    assertFails(Errno.ENOENT, () -> session.destroy(device));

    Descriptor again = session.open(target.anyDevice());
    int rebound = session.bind(again);
    session.vdevice(viommu, rebound, 7);
    assertThat(session.attach(again, bypass)).isEqualTo(bypass);
  }

  @Test
  void aVdevicesIdIsNotUsedAgainAfterItsDevice(Session session) {
    int vdevice = session.vdevice(viommu, device, 7);
    file.close();

    assertThat(session.ioas()).isEqualTo(device);
    assertThat(session.ioas()).isGreaterThan(vdevice);
  }

  @Test
  void aBoundDeviceKeepsTheContext(Session session) {
    session.attach(file, bypass);
    session.iommu().close();

    assertThat(session.attach(file, bypass)).isEqualTo(bypass);
    session.detach(file);
  }
}
