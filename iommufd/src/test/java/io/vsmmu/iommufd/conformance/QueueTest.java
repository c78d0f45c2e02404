package io.vsmmu.iommufd.conformance;

import static io.vsmmu.iommufd.conformance.Session.assertFails;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Memory;
import io.vsmmu.iommufd.conformance.Session.Queue;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.smmu.Vste;
import io.vsmmu.iommufd.uapi.IommuFaultAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptAlloc;
import io.vsmmu.iommufd.uapi.IommuHwptArmSmmuv3;
import io.vsmmu.iommufd.uapi.IommuVeventqAlloc;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Queues of events and of page requests: objects with a file of their own. */
@Conformance
class QueueTest {

  @Test
  void aQueueStaysWhileItsFileIsOpen(Session session, KernelUnderTest target) {
    int viommu = session.viommu(session.bind(session.open(target.anyDevice())));
    Queue events = session.eventQueue(viommu, 8);
    Queue faults = session.faultQueue();

    assertFails(Errno.EBUSY, () -> session.destroy(events.id()));
    assertFails(Errno.EBUSY, () -> session.destroy(faults.id()));

    events.file().close();
    faults.file().close();
    assertFails(Errno.EBUSY, () -> session.destroy(viommu));
    session.destroy(events.id());
    session.destroy(faults.id());
    session.destroy(viommu);
  }

  @Test
  void aQuietQueueHasNothingToRead(Session session, KernelUnderTest target) {
    int viommu = session.viommu(session.bind(session.open(target.anyDevice())));
    Queue events = session.eventQueue(viommu, 8);
    Queue faults = session.faultQueue();
    Memory room = new Memory(4096);

    assertThat(events.file().read(room, 4096)).isZero();
    assertFails(Errno.EINVAL, () -> events.file().read(room, 1));
    assertThat(faults.file().read(room, 4000)).isZero();
    assertThat(events.file().awaitReadable(Duration.ZERO)).isFalse();
    assertThat(faults.file().awaitReadable(Duration.ZERO)).isFalse();
  }

  @Test
  void whatIsWrittenToAQueue(Session session, KernelUnderTest target) {
    int viommu = session.viommu(session.bind(session.open(target.anyDevice())));
    Queue events = session.eventQueue(viommu, 8);
    Queue faults = session.faultQueue();
    Memory bytes = new Memory(64);
    bytes.clear();

    assertFails(Errno.EINVAL, () -> events.file().write(bytes, 8));
    assertFails(Errno.ESPIPE, () -> faults.file().write(bytes, 7));
    assertFails(Errno.EINVAL, () -> faults.file().write(bytes, 8));
    assertFails(Errno.ESPIPE, () -> faults.file().read(bytes, 7));
  }

  @Test
  void oneQueueOfATypePerViommu(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int viommu = session.viommu(device);
    Queue first = session.eventQueue(viommu, 1);

    assertFails(Errno.EEXIST, () -> session.eventQueue(viommu, 1));

    session.eventQueue(viommu, 99, 1);
    session.eventQueue(session.viommu(device), 1);
    first.file().close();
    assertFails(Errno.EEXIST, () -> session.eventQueue(viommu, 1));
    session.destroy(first.id());
    session.eventQueue(viommu, 1);
  }

  @Test
  void refusedEventQueues(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int viommu = session.viommu(device);

    refused(Errno.EOPNOTSUPP, session, viommu, request -> request.flags = 1);
    refused(Errno.EOPNOTSUPP, session, viommu, request -> request.__reserved = 1);
    refused(Errno.EOPNOTSUPP, session, viommu, request -> request.type = 0);
    refused(Errno.EINVAL, session, viommu, request -> request.veventq_depth = 0);
    refused(Errno.ENOENT, session, viommu, request -> request.viommu_id = 9999);
    refused(Errno.ENOENT, session, viommu, request -> request.viommu_id = device);
    session.eventQueue(viommu, 1);
  }

  @Test
  void refusedFaultQueues(Session session) {
    IommuFaultAlloc flags = new IommuFaultAlloc();
    flags.flags = 1;

    assertFails(Errno.EOPNOTSUPP, () -> flags.call(session.iommu()));
  }

  @Test
  void aQueueOutlivesTheDevice(Session session, KernelUnderTest target) {
    var file = session.open(target.anyDevice());
    Queue events = session.eventQueue(session.viommu(session.bind(file)), 8);

    file.close();

    assertThat(events.file().read(new Memory(64), 64)).isZero();
    assertFails(Errno.EBUSY, () -> session.destroy(events.id()));
  }

  @Test
  void aQueueKeepsTheContext(Session session, KernelUnderTest target) {
    var file = session.open(target.anyDevice());
    int device = session.bind(file);
    int bypass = session.nested(device, session.viommu(device), Vste.bypass());
    session.faultQueue();

    session.iommu().close();

    assertThat(session.attach(file, bypass)).isEqualTo(bypass);
  }

  @Test
  void aPageTableHoldsItsFaultQueue(Session session, KernelUnderTest target) {
    int device = session.bind(session.open(target.anyDevice()));
    int viommu = session.viommu(device);
    Queue faults = session.faultQueue();
    faults.file().close();
    int nested = withFaults(session, device, viommu, faults.id());

    assertFails(Errno.EBUSY, () -> session.destroy(faults.id()));
    session.destroy(nested);
    session.destroy(faults.id());

    assertFails(Errno.ENOENT, () -> withFaults(session, device, viommu, faults.id()));
    assertFails(Errno.ENOENT, () -> withFaults(session, device, viommu, viommu));
    session.destroy(viommu);
  }

  private static int withFaults(Session session, int device, int viommu, int faults) {
    IommuHwptAlloc request = new IommuHwptAlloc();
    request.flags = IommuHwptAlloc.IOMMU_HWPT_FAULT_ID_VALID;
    request.dev_id = device;
    request.pt_id = viommu;
    request.fault_id = faults;
    request.data(new IommuHwptArmSmmuv3());
    request.call(session.iommu());
    return request.out_hwpt_id;
  }

  private static void refused(
      Errno errno, Session session, int viommu, Consumer<IommuVeventqAlloc> mistake) {
    IommuVeventqAlloc request = new IommuVeventqAlloc();
    request.viommu_id = viommu;
    request.type = IommuVeventqAlloc.IOMMU_VEVENTQ_TYPE_ARM_SMMUV3;
    request.veventq_depth = 8;
    mistake.accept(request);
    assertFails(errno, () -> request.call(session.iommu()));
  }
}
