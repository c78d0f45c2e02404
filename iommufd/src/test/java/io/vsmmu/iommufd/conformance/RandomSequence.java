package io.vsmmu.iommufd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.conformance.SequenceModel.Kind;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.smmu.Vste;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** Makes random requests, legal and not, and holds each answer against the model. */
final class RandomSequence implements AutoCloseable {
  private static final long MSI_WINDOW = 0x800_0000;
  private static final long[] ADDRESSES = {0, 0x10_0000, MSI_WINDOW, 0x4000_0000};
  private static final int UNKNOWN = 9999;
  private static final int STREAM_IDS = 3;
  private static final int NOTHING_MADE = 0;

  private final Random random;
  private final KernelUnderTest target;
  private final Session session;
  private final SequenceModel model;
  private final Map<TreeDevice, Descriptor> files = new HashMap<>();
  private final Map<Integer, Descriptor> queues = new HashMap<>();
  private final List<String> log = new ArrayList<>();

  RandomSequence(long seed, KernelUnderTest target) {
    this.random = new Random(seed);
    this.target = target;
    this.session = new Session(target);
    this.model = new SequenceModel(target);
  }

  /** What was done so far. */
  String story() {
    return String.join("\n", log);
  }

  void step() {
    switch (random.nextInt(19)) {
      case 0 -> ioas();
      case 1, 2 -> bind();
      case 3 -> closeDevice();
      case 4 -> parent();
      case 5 -> viommu();
      case 6, 7 -> nested();
      case 8 -> vdevice();
      case 9, 10 -> attach();
      case 11 -> detach();
      case 12 -> destroy();
      case 13 -> queue();
      case 14 -> closeQueue();
      case 15 -> invalidate();
      case 16 -> hardwareInfo();
      case 17 -> bindToAnotherContext();
      default -> mapOrUnmap();
    }
  }

  /** Closes what is open, in any order. */
  @Override
  public void close() {
    List<Descriptor> open = new ArrayList<>(files.values());
    open.addAll(queues.values());
    open.add(session.iommu());
    Collections.shuffle(open, random);
    open.forEach(Descriptor::close);
    session.close();
  }

  private void ioas() {
    int made = request("IOAS_ALLOC", null, session::ioas);
    model.made(made, Kind.IOAS, 0, "");
  }

  private void bind() {
    TreeDevice device = oneOf(target.all());
    Descriptor open = files.get(device);
    if (open != null) {
      request("BIND " + device.pciAddress() + " again", Errno.EINVAL, () -> session.bind(open));
      return;
    }
    Descriptor file = session.open(device);
    files.put(device, file);
    int made = request("BIND " + device.pciAddress(), null, () -> session.bind(file));
    model.bound(made, device);
  }

  private void closeDevice() {
    if (!files.isEmpty()) {
      TreeDevice device = oneOf(List.copyOf(files.keySet()));
      log.add("close " + device.pciAddress());
      session.close(Objects.requireNonNull(files.remove(device)));
      model.closed(device);
    }
  }

  private void parent() {
    int device = id(Kind.DEVICE);
    int on = id(Kind.IOAS);
    int made =
        request(
            "HWPT_ALLOC nesting parent for " + device + " on " + on,
            model.parent(device, on),
            () -> session.nestingParent(device, on));
    if (made != NOTHING_MADE) {
      model.made(made, Kind.PARENT, on, smmuOf(device));
    }
  }

  private void viommu() {
    int device = id(Kind.DEVICE);
    int on = id(Kind.PARENT);
    int made =
        request(
            "VIOMMU_ALLOC for " + device + " on " + on,
            model.viommu(device, on),
            () -> session.viommu(device, on));
    if (made != NOTHING_MADE) {
      model.made(made, Kind.VIOMMU, on, smmuOf(device));
    }
  }

  private void nested() {
    int device = id(Kind.DEVICE);
    int on = id(Kind.VIOMMU);
    boolean translates = random.nextInt(3) == 0;
    Vste vste =
        translates
            ? Vste.translate(0x4000_0000, 0, 0, 0)
            : random.nextBoolean() ? Vste.bypass() : Vste.abort();
    int made =
        request(
            "HWPT_ALLOC nested for %d on %d, translates: %s".formatted(device, on, translates),
            model.nested(device, on),
            () -> session.nested(device, on, vste));
    if (made != NOTHING_MADE) {
      model.made(made, Kind.NESTED, on, smmuOf(device));
      thing(made).translates = translates;
    }
  }

  private void vdevice() {
    int viommu = id(Kind.VIOMMU);
    int device = id(Kind.DEVICE);
    long virtId = random.nextInt(STREAM_IDS);
    int made =
        request(
            "VDEVICE_ALLOC of %d on %d as %d".formatted(device, viommu, virtId),
            model.vdevice(viommu, device, virtId),
            () -> session.vdevice(viommu, device, virtId));
    if (made != NOTHING_MADE) {
      model.linked(made, viommu, device, virtId);
    }
  }

  private void attach() {
    if (files.isEmpty()) {
      return;
    }
    TreeDevice device = oneOf(List.copyOf(files.keySet()));
    int table = id(random.nextInt(4) == 0 ? Kind.PARENT : Kind.NESTED);
    SequenceModel.Thing thing = model.things().get(table);
    if (thing != null && thing.kind == Kind.IOAS) {
      return;
    }
    Errno expected = model.attach(device, table, MSI_WINDOW);
    request(
        "ATTACH %s to %d".formatted(device.pciAddress(), table),
        expected,
        () -> {
          session.attach(file(device), table);
          return NOTHING_MADE;
        });
    if (expected == null) {
      model.attached(device, table);
    }
  }

  private void detach() {
    if (!files.isEmpty()) {
      TreeDevice device = oneOf(List.copyOf(files.keySet()));
      log.add("DETACH " + device.pciAddress());
      session.detach(file(device));
      model.detached(device);
    }
  }

  private void destroy() {
    int id = random.nextInt(8) == 0 ? UNKNOWN : oneOfOr(model.things().keySet(), UNKNOWN);
    Errno expected = model.destroy(id);
    request(
        "DESTROY " + id,
        expected,
        () -> {
          session.destroy(id);
          return NOTHING_MADE;
        });
    if (expected == null) {
      model.destroyed(id);
    }
  }

  private void queue() {
    if (random.nextBoolean()) {
      int made = request("FAULT_QUEUE_ALLOC", null, () -> opened(session.faultQueue()));
      model.made(made, Kind.FAULTS, 0, "");
      thing(made).references++;
      return;
    }
    int viommu = id(Kind.VIOMMU);
    int made =
        request(
            "VEVENTQ_ALLOC on " + viommu,
            model.events(viommu),
            () -> opened(session.eventQueue(viommu, 4)));
    if (made != NOTHING_MADE) {
      model.made(made, Kind.EVENTS, viommu, "");
      thing(made).references++;
    }
  }

  private int opened(Session.Queue queue) {
    queues.put(queue.id(), queue.file());
    return queue.id();
  }

  private void closeQueue() {
    if (!queues.isEmpty()) {
      int id = oneOf(List.copyOf(queues.keySet()));
      log.add("close queue " + id);
      session.close(Objects.requireNonNull(queues.remove(id)));
      thing(id).references--;
    }
  }

  private void invalidate() {
    int viommu = id(Kind.VIOMMU);
    long virtId = random.nextInt(STREAM_IDS);
    request(
        "INVALIDATE of stream %d on %d".formatted(virtId, viommu),
        model.invalidate(viommu, virtId),
        () -> {
          session.invalidateContexts(viommu, virtId);
          return NOTHING_MADE;
        });
  }

  private void hardwareInfo() {
    int device = id(Kind.DEVICE);
    request(
        "GET_HW_INFO of " + device,
        model.hardwareInfo(device),
        () -> {
          assertThat(session.capabilities(device).stage1()).isTrue();
          return NOTHING_MADE;
        });
  }

  private void bindToAnotherContext() {
    TreeDevice device = oneOf(target.all());
    try (Session other = new Session(target)) {
      request(
          "BIND %s to another context".formatted(device.pciAddress()),
          model.bindToAnotherContext(device),
          () -> {
            assertThat(other.bind(other.open(device))).isEqualTo(1);
            return NOTHING_MADE;
          });
    }
  }

  private void mapOrUnmap() {
    int ioas = id(Kind.IOAS);
    long iova = ADDRESSES[random.nextInt(ADDRESSES.length)];
    boolean map = random.nextInt(3) > 0;
    Errno expected = map ? model.map(ioas, iova, iova == MSI_WINDOW) : model.unmap(ioas, iova);
    request(
        "%s of 0x%x in %d".formatted(map ? "MAP" : "UNMAP", iova, ioas),
        expected,
        () -> {
          if (map) {
            session.map(ioas, iova);
          } else {
            session.unmap(ioas, iova, Session.PAGE);
          }
          return NOTHING_MADE;
        });
    if (expected == null && map) {
      model.mapped(ioas, iova);
    } else if (expected == null) {
      model.unmapped(ioas, iova);
    }
  }

  /** Makes a request, and returns what it made when that was foretold. */
  private int request(String what, @Nullable Errno expected, IntSupplier request) {
    log.add(what + (expected == null ? "" : ": " + expected));
    int next = model.nextId();
    try {
      int made = request.getAsInt();
      assertThat(expected).as(what + " succeeded").isNull();
      if (made != NOTHING_MADE) {
        assertThat(made).as("the id that " + what + " gave").isEqualTo(next);
      }
      return made;
    } catch (KernelException e) {
      assertThat(e.errno()).as(what + " failed").isEqualTo(expected);
      return NOTHING_MADE;
    }
  }

  /** Mostly one of that kind. */
  private int id(Kind kind) {
    int dice = random.nextInt(12);
    if (dice == 0) {
      return UNKNOWN;
    }
    if (dice == 1) {
      return oneOfOr(model.things().keySet(), UNKNOWN);
    }
    return oneOfOr(
        model.things().entrySet().stream()
            .filter(entry -> entry.getValue().kind == kind)
            .map(Map.Entry::getKey)
            .toList(),
        UNKNOWN);
  }

  private SequenceModel.Thing thing(int id) {
    return Objects.requireNonNull(model.things().get(id));
  }

  private String smmuOf(int device) {
    return thing(device).smmu;
  }

  private Descriptor file(TreeDevice device) {
    return Objects.requireNonNull(files.get(device));
  }

  private int oneOfOr(Collection<Integer> all, int none) {
    return all.isEmpty() ? none : oneOf(List.copyOf(all));
  }

  private <T> T oneOf(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }
}
