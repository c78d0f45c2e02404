package io.vsmmu.agent.cli;

import io.vsmmu.agent.allocation.Handoff;
import io.vsmmu.agent.allocation.HandoffManifest;
import io.vsmmu.agent.allocation.HandoffManifest.Capabilities;
import io.vsmmu.agent.allocation.HandoffManifest.HandedDevice;
import io.vsmmu.agent.allocation.HandoffManifest.NestingParent;
import io.vsmmu.agent.allocation.HandoffManifest.Viommu;
import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDescription;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The context of one VM on a simulated node, on its way to a client. */
final class PreparedTree implements Handoff {
  private final IommuContext context;
  private final List<VfioDevice> devices;
  private final HandoffManifest manifest;

  private PreparedTree(IommuContext context, List<VfioDevice> devices, HandoffManifest manifest) {
    this.context = context;
    this.devices = devices;
    this.manifest = manifest;
  }

  /**
   * Builds the tree as the agent does.
   *
   * @param lie what the manifest makes of the truth
   */
  static PreparedTree of(
      Kernel kernel, Path iommu, List<TreeDevice> devices, UnaryOperator<HandoffManifest> lie) {
    IommuContext context = IommuContext.open(kernel, iommu);
    context.chargeProcess();
    VmTree tree = VmTree.build(context, devices, InitialProxy.BYPASS);
    tree.release();
    List<VfioDevice> files =
        devices.stream()
            .map(device -> VfioDevice.open(kernel, device.cdev(), device.pciAddress()))
            .toList();
    return new PreparedTree(context, files, lie.apply(manifest(devices, tree.describe())));
  }

  private static HandoffManifest manifest(List<TreeDevice> devices, TreeDescription tree) {
    return new HandoffManifest(
        HandoffManifest.VERSION,
        "a1",
        Stream.concat(
                Stream.of("iommufd"), devices.stream().map(device -> "vfio:" + device.pciAddress()))
            .toList(),
        tree.ioas(),
        "bypass",
        tree.nestingParents().stream()
            .map(parent -> new NestingParent(parent.id(), parent.smmu()))
            .toList(),
        tree.viommus().stream().map(PreparedTree::viommu).toList(),
        tree.devices().stream()
            .map(device ->
                new HandedDevice(
                    device.pciAddress(), device.smmu(), device.viommu(), null, "-", false))
            .toList());
  }

  private static Viommu viommu(TreeDescription.Viommu viommu) {
    SmmuCapabilities smmu = viommu.capabilities();
    return new Viommu(
        viommu.id(),
        "arm-smmuv3",
        viommu.smmu(),
        viommu.nestingParent(),
        viommu.bypass(),
        viommu.abort(),
        new Capabilities(
            smmu.oas(), smmu.ssidSize(), smmu.sidSize(), smmu.ril(), smmu.ats(), smmu.granules()));
  }

  @Override
  public HandoffManifest manifest() {
    return manifest;
  }

  @Override
  public List<Integer> descriptors() {
    var fds = new ArrayList<Integer>();
    fds.add(context.fd());
    devices.forEach(device -> fds.add(device.fd()));
    return fds;
  }

  @Override
  public void acknowledged() {}

  @Override
  public void close() {
    devices.forEach(VfioDevice::close);
    context.close();
  }
}
