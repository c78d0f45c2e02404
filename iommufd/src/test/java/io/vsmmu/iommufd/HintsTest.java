package io.vsmmu.iommufd;

import static io.vsmmu.iommufd.kernel.Errno.E2BIG;
import static io.vsmmu.iommufd.kernel.Errno.EACCES;
import static io.vsmmu.iommufd.kernel.Errno.EADDRINUSE;
import static io.vsmmu.iommufd.kernel.Errno.EAGAIN;
import static io.vsmmu.iommufd.kernel.Errno.EBADF;
import static io.vsmmu.iommufd.kernel.Errno.EBADFD;
import static io.vsmmu.iommufd.kernel.Errno.EBUSY;
import static io.vsmmu.iommufd.kernel.Errno.EEXIST;
import static io.vsmmu.iommufd.kernel.Errno.EFAULT;
import static io.vsmmu.iommufd.kernel.Errno.EINVAL;
import static io.vsmmu.iommufd.kernel.Errno.EIO;
import static io.vsmmu.iommufd.kernel.Errno.EMFILE;
import static io.vsmmu.iommufd.kernel.Errno.ENFILE;
import static io.vsmmu.iommufd.kernel.Errno.ENODEV;
import static io.vsmmu.iommufd.kernel.Errno.ENOENT;
import static io.vsmmu.iommufd.kernel.Errno.ENOMEM;
import static io.vsmmu.iommufd.kernel.Errno.ENOSPC;
import static io.vsmmu.iommufd.kernel.Errno.ENOTTY;
import static io.vsmmu.iommufd.kernel.Errno.EOPNOTSUPP;
import static io.vsmmu.iommufd.kernel.Errno.EPERM;
import static io.vsmmu.iommufd.kernel.Errno.ETIMEDOUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.simulated.FaultyKernel;
import io.vsmmu.iommufd.simulated.FaultyKernel.Call;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.smmu.InvalidationCommand;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every failure that has a known cause says it, through the object that the request was made on.
 */
class HintsTest {

  /** A failure and words that its hint must have: the cause, and what to do. */
  record Row(String call, Errno errno, List<String> words) {
    @Override
    public String toString() {
      return call + " " + errno;
    }
  }

  static Stream<Row> table() {
    return Stream.of(
        row("open", ENOENT, "vfio-pci", "iommufd module"),
        row("open", EACCES, "file mode", "device cgroup"),
        row("open", EPERM, "device cgroup"),
        row("open", EBUSY, "legacy node"),
        row("open", EMFILE, "RLIMIT_NOFILE"),
        row("open", ENFILE, "fs.file-max"),
        row("IOMMU_OPTION", EPERM, "CAP_SYS_RESOURCE"),
        row("IOMMU_OPTION", EBUSY, "fresh context"),
        row("IOMMU_OPTION", EOPNOTSUPP, "does not know the option"),
        row("IOMMU_IOAS_IOVA_RANGES", ENOENT, "address space"),
        row("IOMMU_IOAS_MAP", EEXIST, "mapped already"),
        row("IOMMU_IOAS_MAP", EINVAL, "length is 0", "page-aligned", "MSI window"),
        row("IOMMU_IOAS_MAP", ENOMEM, "RLIMIT_MEMLOCK"),
        row("IOMMU_IOAS_MAP", EFAULT, "calling process"),
        row("IOMMU_IOAS_MAP", ENOENT, "address space"),
        row("IOMMU_IOAS_MAP_FILE", EEXIST, "mapped already"),
        row("IOMMU_IOAS_MAP_FILE", EINVAL, "memfd", "MSI window"),
        row("IOMMU_IOAS_MAP_FILE", ENOMEM, "RLIMIT_MEMLOCK"),
        row("IOMMU_IOAS_MAP_FILE", EBADF, "not open"),
        row("IOMMU_IOAS_MAP_FILE", ENOENT, "address space"),
        row("IOMMU_IOAS_MAP_FILE", ENOTTY, "Linux 6.13"),
        row("IOMMU_IOAS_UNMAP", ENOENT, "nothing is mapped", "part of a mapping"),
        row("IOMMU_GET_HW_INFO", ENOENT, "not bound"),
        row("IOMMU_GET_HW_INFO", EOPNOTSUPP, "IOMMU driver"),
        row("IOMMU_HWPT_ALLOC", ENOSPC, "no VMID left", "close contexts"),
        row("IOMMU_HWPT_ALLOC", EIO, "stream table entry"),
        row("IOMMU_HWPT_ALLOC", EINVAL, "another physical SMMU", "type and length"),
        row("IOMMU_HWPT_ALLOC", EOPNOTSUPP, "both stages"),
        row("IOMMU_HWPT_ALLOC", ENOENT, "not bound"),
        row("IOMMU_HWPT_ALLOC", EADDRINUSE, "mapping", "unmap"),
        row("IOMMU_HWPT_INVALIDATE", EIO, "vDEVICE", "stream id"),
        row("IOMMU_HWPT_INVALIDATE", EINVAL, "no vIOMMU", "no commands"),
        row("IOMMU_HWPT_INVALIDATE", ENOENT, "vIOMMU"),
        row("IOMMU_HWPT_INVALIDATE", ETIMEDOUT, "did not answer", "reset"),
        row("IOMMU_FAULT_QUEUE_ALLOC", EMFILE, "RLIMIT_NOFILE"),
        row("IOMMU_VIOMMU_ALLOC", EOPNOTSUPP, "neither S2FWB", "CANWBS"),
        row("IOMMU_VIOMMU_ALLOC", EINVAL, "another physical SMMU", "allocate one"),
        row("IOMMU_VIOMMU_ALLOC", ENOENT, "not bound", "nesting parent"),
        row("IOMMU_VIOMMU_ALLOC", ENOSPC, "no VMID left", "close contexts"),
        row("IOMMU_VIOMMU_ALLOC", ENOTTY, "Linux 6.13"),
        row("IOMMU_VDEVICE_ALLOC", EEXIST, "vDEVICE already", "stream id is taken"),
        row("IOMMU_VDEVICE_ALLOC", EINVAL, "another physical SMMU"),
        row("IOMMU_VDEVICE_ALLOC", ENOENT, "not bound", "vIOMMU"),
        row("IOMMU_VEVENTQ_ALLOC", EEXIST, "event queue already"),
        row("IOMMU_VEVENTQ_ALLOC", EOPNOTSUPP, "no events"),
        row("IOMMU_VEVENTQ_ALLOC", ENOENT, "vIOMMU"),
        row("IOMMU_VEVENTQ_ALLOC", EMFILE, "RLIMIT_NOFILE"),
        row("IOMMU_VEVENTQ_ALLOC", ENOTTY, "Linux 6.15"),
        row("VFIO_DEVICE_BIND_IOMMUFD", EPERM, "host driver", "another context", "MSIs"),
        row("VFIO_DEVICE_BIND_IOMMUFD", EINVAL, "bound already", "direct reserved", "coherent"),
        row("VFIO_DEVICE_BIND_IOMMUFD", EBADFD, "not an iommufd"),
        row("VFIO_DEVICE_BIND_IOMMUFD", EBADF, "not open"),
        row("VFIO_DEVICE_BIND_IOMMUFD", EBUSY, "legacy node"),
        row("VFIO_DEVICE_ATTACH_IOMMUFD_PT", EINVAL, "another physical SMMU", "iommu group"),
        row("VFIO_DEVICE_ATTACH_IOMMUFD_PT", ENOENT, "no vDEVICE"),
        row("VFIO_DEVICE_ATTACH_IOMMUFD_PT", EADDRINUSE, "0x8000000-0x80fffff", "unmap"),
        row("VFIO_DEVICE_ATTACH_IOMMUFD_PT", EBUSY, "PASIDs"),
        row("VFIO_DEVICE_ATTACH_IOMMUFD_PT", EOPNOTSUPP, "fault queue", "without one"),
        row("VFIO_DEVICE_GET_INFO", EINVAL, "not bound"),
        row("VFIO_DEVICE_RESET", EINVAL, "no way to reset"),
        row("VFIO_DEVICE_RESET", EAGAIN, "try again"),
        row("IOMMU_DESTROY", EBUSY, "still uses it", "destroy what is on it"),
        row("IOMMU_DESTROY", ENOENT, "gone"),
        row("write", EINVAL, "answered before"));
  }

  /** How each call is made through the objects; the world makes what comes before it. */
  private static final Map<String, Consumer<World>> CALLS =
      Map.ofEntries(
          Map.entry("open", world -> world.context()),
          Map.entry("IOMMU_OPTION", world -> world.context().chargeProcess()),
          Map.entry("IOMMU_IOAS_IOVA_RANGES", world -> world.ioas().iovaRanges()),
          Map.entry("IOMMU_IOAS_MAP", world -> world.ioas().map(0x1000, 0x1000, 0)),
          Map.entry("IOMMU_IOAS_MAP_FILE", world -> world.ioas().mapFile(5, 0, 0x1000, 0)),
          Map.entry("IOMMU_IOAS_UNMAP", world -> world.ioas().unmap(0, 0x1000)),
          Map.entry("IOMMU_GET_HW_INFO", world -> world.bound().smmu()),
          Map.entry("IOMMU_HWPT_ALLOC", world -> world.ioas().allocateNestingParent(world.bound())),
          Map.entry(
              "IOMMU_HWPT_INVALIDATE",
              world ->
                  VirtualIommu.adopt(world.context(), 1)
                      .invalidate(List.of(new InvalidationCommand.TlbiNhAll()))),
          Map.entry("IOMMU_FAULT_QUEUE_ALLOC", world -> world.context().allocateFaultQueue()),
          Map.entry("IOMMU_VIOMMU_ALLOC", World::viommu),
          Map.entry(
              "IOMMU_VDEVICE_ALLOC",
              world -> VirtualIommu.adopt(world.context(), 1).allocateVdevice(world.bound(), 8)),
          Map.entry(
              "IOMMU_VEVENTQ_ALLOC",
              world -> VirtualIommu.adopt(world.context(), 1).allocateEventQueue(16)),
          Map.entry("VFIO_DEVICE_BIND_IOMMUFD", World::bound),
          Map.entry(
              "VFIO_DEVICE_ATTACH_IOMMUFD_PT",
              world -> world.bound().attach(NestedHwpt.adopt(world.context(), 1))),
          Map.entry("VFIO_DEVICE_GET_INFO", world -> world.bound().info()),
          Map.entry("VFIO_DEVICE_RESET", world -> world.bound().reset()),
          Map.entry("IOMMU_DESTROY", world -> world.ioas().close()));

  @Test
  void theTableIsComplete() {
    assertThat(table().map(row -> new Hints.Failure(row.call, row.errno)))
        .containsExactlyInAnyOrderElementsOf(Hints.known());
  }

  @ParameterizedTest
  @MethodSource("table")
  void theHintNamesCauseAndCure(Row row) {
    assertThat(Hints.of(row.call, row.errno)).contains(row.words);
  }

  static Stream<Row> requests() {
    return table().filter(row -> CALLS.containsKey(row.call));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void theErrorOfTheObjectHasTheHint(Row row) {
    World world = new World(row.call, row.errno);

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() -> Objects.requireNonNull(CALLS.get(row.call)).accept(world))
        .satisfies(e -> {
          assertThat(e.request()).isEqualTo(row.call);
          assertThat(e.errno()).isEqualTo(row.errno);
          assertThat(e.object()).isNotBlank();
          assertThat(e.hint()).contains(row.words);
          assertThat(e)
              .hasMessage(
                  row.call + " on " + e.object() + ": " + row.errno + " (" + e.hint() + ")");
        });
  }

  @Test
  void everyCallOfTheTableIsMadeThroughAnObject() {
    assertThat(table().map(Row::call).distinct())
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(CALLS.keySet().stream(), Stream.of("write")).collect(Collectors.toSet()));
  }

  @Test
  void anyRequestOfAnOlderKernel() {
    Ioctl request = Ioctl.of("IOMMU_IOAS_ALLOC", 0x81);

    assertThat(Hints.of(request, ENOTTY)).contains("does not know the request");
    assertThat(Hints.of(request, E2BIG)).contains("older");
    assertThat(Hints.of(request, EFAULT)).contains("calling process");
    assertThat(Hints.of(request, EIO)).isEmpty();
  }

  @Test
  void anyCallThatFindsNoMemoryOrNoDevice() {
    assertThat(Hints.of("open", ENOMEM)).contains("cgroup");
    assertThat(Hints.of("open", ENODEV)).contains("unplugged").contains("vfio-pci");
    assertThat(Hints.of(Ioctl.of("IOMMU_IOAS_ALLOC", 0x81), ENOMEM)).contains("cgroup");
  }

  private static Row row(String call, Errno errno, String... words) {
    return new Row(call, errno, Arrays.asList(words));
  }

  /** A simulated node on which one call fails. */
  private static final class World {
    private static final SimulatedNode NODE = SimulatedNode.small().onVfio();

    private final FaultyKernel kernel;
    private @Nullable IommuContext context;
    private @Nullable BoundDevice bound;

    World(String call, Errno errno) {
      kernel = new FaultyKernel(new SimulatedKernel(NODE)).fail(new Call(call, 1), errno);
    }

    IommuContext context() {
      if (context == null) {
        context = Nodes.context(kernel);
      }
      return context;
    }

    Ioas ioas() {
      return context().allocateIoas();
    }

    BoundDevice bound() {
      if (bound == null) {
        TreeDevice device = Nodes.devices(NODE).getFirst();
        bound = VfioDevice.open(kernel, device.cdev(), device.pciAddress()).bind(context());
      }
      return bound;
    }

    VirtualIommu viommu() {
      return ioas().allocateNestingParent(bound()).allocateViommu(bound());
    }
  }
}
