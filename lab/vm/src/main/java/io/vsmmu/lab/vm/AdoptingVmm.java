package io.vsmmu.lab.vm;

import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.HandoffManifest.HandedDevice;
import io.vsmmu.agent.allocation.HandoffManifest.Viommu;
import io.vsmmu.agent.receive.HandoffClient;
import io.vsmmu.agent.receive.ReceivedContext;
import io.vsmmu.iommufd.BoundDevice;
import io.vsmmu.iommufd.Ioas;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.NestedHwpt;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VirtualIommu;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.simulated.FaultyKernel;
import io.vsmmu.lab.edu.EduDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A VMM that adopts: it makes no stage 2, no vIOMMU and no proxy, for they are there. It links its
 * devices to the prepared vIOMMUs, puts them behind the prepared proxies, and sees DMA of each
 * {@code edu} go through the one and not through the other.
 */
public final class AdoptingVmm {
  /** An agent that was killed is back long before. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  /** As guests number the first function of a device. */
  private static final int STREAM_ID_STEP = 8;

  private static final long FIRST_PAGE = 0x100_0000;

  /** What the agent has prepared; whoever adopts makes none. */
  private static final Set<String> MAKERS =
      Set.of("IOMMU_IOAS_ALLOC", "IOMMU_HWPT_ALLOC", "IOMMU_VIOMMU_ALLOC");

  private final FaultyKernel kernel = new FaultyKernel(new LinuxKernel());
  private final HandoffManifest manifest;
  private final IommuContext context;
  private final Ioas ioas;

  private AdoptingVmm(ReceivedContext received) {
    this.manifest = received.manifest();
    this.context = IommuContext.adopt(kernel, received.named("iommufd").take());
    this.ioas = Ioas.adopt(context, manifest.ioas());
  }

  /**
   * Runs the program; its exit status is 0 when all was as it must be.
   *
   * @param arguments the socket of the hand-off
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    try (ReceivedContext received = HandoffClient.receive(Path.of(arguments[0]), PATIENCE)) {
      var vmm = new AdoptingVmm(received);
      say("adopts IOAS %d of allocation %s", vmm.manifest.ioas(), vmm.manifest.allocation());
      List<VfioDevice> opened = new ArrayList<>();
      try {
        for (HandedDevice device : vmm.manifest.devices()) {
          opened.add(vmm.open(received, device));
          vmm.use(device, opened.getLast(), opened.size() - 1);
        }
        vmm.requireNothingMade();
      } finally {
        opened.forEach(VfioDevice::close);
        vmm.context.close();
      }
    }
  }

  private VfioDevice open(ReceivedContext received, HandedDevice device) {
    String address = device.pciAddress();
    return VfioDevice.adopt(kernel, received.named("vfio:" + address).take(), address);
  }

  private void use(HandedDevice handed, VfioDevice device, int position) {
    Viommu viommu = viommuOf(handed);
    BoundDevice bound = device.bind(context);
    var link =
        VirtualIommu.adopt(context, viommu.id())
            .allocateVdevice(bound, (long) position * STREAM_ID_STEP);
    var bypass = NestedHwpt.adopt(context, viommu.bypass());
    var abort = NestedHwpt.adopt(context, viommu.abort());
    String where =
        "%s: vDEVICE %d on vIOMMU %d of %s"
            .formatted(handed.pciAddress(), link.id(), viommu.id(), viommu.smmu());
    if (!EduDevice.isOne(kernel, device)) {
      bound.attach(bypass);
      bound.attach(abort);
      bound.attach(bypass);
      say(
          "%s; attached to bypass proxy %d, to abort proxy %d, to bypass again",
          where, viommu.bypass(), viommu.abort());
      return;
    }
    EduDevice edu = EduDevice.start(kernel, device);
    var pages = new DmaPages(ioas, FIRST_PAGE + 2L * DmaPages.PAGE * position);

    bound.attach(bypass);
    copy(edu, pages);
    require(pages.arrived(), "%s: nothing arrived through the bypass proxy", bound);

    bound.attach(abort);
    copy(edu, pages);
    require(pages.untouched(), "%s: something arrived through the abort proxy", bound);

    bound.attach(bypass);
    copy(edu, pages);
    require(pages.arrived(), "%s: nothing arrived through the bypass proxy again", bound);

    say(
        "%s; DMA of %d bytes arrives through bypass proxy %d, none through abort proxy %d,"
            + " all again through bypass",
        where, DmaPages.PAGE, viommu.bypass(), viommu.abort());
  }

  private static void copy(EduDevice edu, DmaPages pages) {
    pages.prepare();
    edu.load(pages.source(), DmaPages.PAGE);
    edu.store(pages.target(), DmaPages.PAGE);
  }

  private Viommu viommuOf(HandedDevice device) {
    return manifest.viommus().stream()
        .filter(viommu -> viommu.smmu().equals(device.smmu()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no vIOMMU was prepared for " + device));
  }

  private void requireNothingMade() {
    Map<String, Long> requests =
        kernel.calls().stream()
            .collect(
                Collectors.groupingBy(
                    FaultyKernel.Call::name, TreeMap::new, Collectors.counting()));
    say("requests made: %s", requests);
    require(
        requests.keySet().stream().noneMatch(MAKERS::contains),
        "it made objects that were prepared: %s",
        requests);
    say("adopted: no address space, stage 2, vIOMMU or proxy was made");
  }

  private static void require(boolean holds, String otherwise, Object value) {
    if (!holds) {
      throw new IllegalStateException(otherwise.formatted(value));
    }
  }

  private static void say(String format, Object... values) {
    System.out.println("vmm: " + format.formatted(values));
  }
}
