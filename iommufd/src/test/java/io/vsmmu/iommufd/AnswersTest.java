package io.vsmmu.iommufd;

import static io.vsmmu.iommufd.ScriptedKernel.ints;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vsmmu.iommufd.DeviceInfo.AtomicSize;
import io.vsmmu.iommufd.IovaRanges.Range;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.smmu.InvalidationCommand.CfgiCdAll;
import io.vsmmu.iommufd.smmu.InvalidationCommand.TlbiNhAll;
import io.vsmmu.iommufd.uapi.IommuHwptInvalidate;
import io.vsmmu.iommufd.uapi.IommuIoasAlloc;
import io.vsmmu.iommufd.uapi.IommuIoasIovaRanges;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import io.vsmmu.iommufd.uapi.VfioDeviceInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Answers that come with more than their structure. */
class AnswersTest {
  private final ScriptedKernel kernel = new ScriptedKernel();
  private final IommuContext context = IommuContext.open(kernel, Path.of("/dev/iommu"));

  @Test
  void moreRangesThanExpected() {
    int count = 100;
    List<Integer> rooms = new ArrayList<>();
    kernel.answer(
        IommuIoasIovaRanges.REQUEST,
        argument -> {
          int room = argument.getInt(8);
          rooms.add(room);
          argument.setInt(8, count);
          argument.setLong(24, 0x1000);
          if (room < count) {
            throw new KernelException("too many", Errno.EMSGSIZE);
          }
          for (int i = 0; i < count; i++) {
            argument.getPointer(16).setLong(16L * i, i * 0x10000L);
            argument.getPointer(16).setLong(16L * i + 8, i * 0x10000L + 0xfff);
          }
        });

    IovaRanges ranges = ioas().iovaRanges();

    assertThat(ranges.ranges()).hasSize(count).contains(new Range(0x20000, 0x20fff));
    assertThat(ranges.alignment()).isEqualTo(0x1000);
    assertThat(rooms).hasSize(2).last().isEqualTo(count);
  }

  @Test
  void whereAMappingFits() {
    IovaRanges ranges =
        new IovaRanges(List.of(new Range(0, 0x7ffffff), new Range(0x8100000, -1)), 0x1000);

    assertThat(ranges.contain(0, 0x8000000)).isTrue();
    assertThat(ranges.contain(0x7fff000, 0x2000)).isFalse();
    assertThat(ranges.contain(0x8000000, 0x1000)).isFalse();
    assertThat(ranges.contain(-0x1000, 0x1000)).isTrue();
    assertThat(ranges.contain(-0x1000, 0x2000)).isFalse();
    assertThat(ranges.ranges().getFirst()).hasToString("0x0-0x7ffffff");
  }

  @Test
  void aDeviceWithCapabilities() {
    kernel.answer(
        VfioDeviceInfo.REQUEST,
        argument -> {
          int room = argument.getInt(0);
          int needed = 24 + 16 + 16;
          argument.write(0, ints(needed, 0x83, 9, 5, room < needed ? 0 : 24), 0, 20);
          if (room >= needed) {
            // One that nobody knows, and the sizes of AtomicOps.
            argument.write(24, ints(0x1_00ff, 40, 0, 0, 0x1_0005, 0, 1 | 4, 0), 0, 32);
          }
        });

    assertThat(bound().info())
        .isEqualTo(
            new DeviceInfo(true, true, 9, 5, Set.of(AtomicSize.BITS_32, AtomicSize.BITS_128)));
  }

  @Test
  void aDeviceWithoutAnything() {
    kernel.answer(VfioDeviceInfo.REQUEST, argument -> argument.write(0, ints(24, 0, 0, 0), 0, 16));

    assertThat(bound().info()).isEqualTo(new DeviceInfo(false, false, 0, 0, Set.of()));
  }

  @Test
  void theCommandThatFailedIsNamed() {
    kernel.answer(
        IommuHwptInvalidate.REQUEST,
        argument -> {
          assertThat(argument.getInt(24)).isEqualTo(3);
          argument.setInt(24, 1);
          throw new KernelException("no such stream", Errno.EIO);
        });

    assertThatExceptionOfType(IommuException.class)
        .isThrownBy(() ->
            VirtualIommu.adopt(context, 4)
                .invalidate(List.of(new TlbiNhAll(), new CfgiCdAll(0x99), new TlbiNhAll())))
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EIO))
        .withMessageContaining("vIOMMU 4, command 2 of 3")
        .withMessageContaining("CfgiCdAll[virtualStreamId=153]")
        .withMessageContaining("vDEVICE");
  }

  /** The kernel refuses an empty list; there is nothing to ask it. */
  @Test
  void noCommandsAreNoRequest() {
    VirtualIommu.adopt(context, 4).invalidate(List.of());
  }

  private Ioas ioas() {
    kernel.answer(IommuIoasAlloc.REQUEST, argument -> argument.setInt(8, 7));
    return context.allocateIoas();
  }

  private BoundDevice bound() {
    kernel.answer(VfioDeviceBindIommufd.REQUEST, argument -> argument.setInt(12, 1));
    return VfioDevice.open(kernel, Path.of("/dev/vfio/devices/vfio0"), "0000:01:00.0")
        .bind(context);
  }
}
