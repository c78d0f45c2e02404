package io.vsmmu.agent.allocation;

import io.vsmmu.agent.allocation.HandoffManifest.HandedDevice;
import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TreeDescription;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An iommufd context with all objects that one VM needs. Its devices are closed, so that the VMM
 * can bind them; the objects live as long as somebody has the context open.
 */
final class PreparedContext implements AutoCloseable {

  /** Between the virtual stream ids of devices that are handed over bound: one PCI device each. */
  private static final int VSID_STEP = 8;

  private final IommuContext context;
  private final List<PciFunction> functions;
  private final int ioas;
  private final @Nullable VmTree tree;
  private final DeviceNodes nodes;
  private final Terms terms;

  private PreparedContext(
      IommuContext context,
      List<PciFunction> functions,
      int ioas,
      @Nullable VmTree tree,
      DeviceNodes nodes,
      Terms terms) {
    this.context = context;
    this.functions = functions;
    this.ioas = ioas;
    this.tree = tree;
    this.nodes = nodes;
    this.terms = terms;
  }

  /**
   * Makes the context. Binds every device that can nest once, which resets it.
   *
   * @param functions on VFIO drivers, free
   * @param nests whether an SMMU can nest; devices behind one that cannot are left to the address
   *     space
   * @throws io.vsmmu.iommufd.IommuException when a request fails; then nothing is left
   */
  static PreparedContext build(
      Kernel kernel,
      DeviceNodes nodes,
      List<PciFunction> functions,
      Predicate<String> nests,
      Terms terms) {
    var context = IommuContext.open(kernel, nodes.iommu());
    try {
      context.chargeProcess();
      var nesting =
          functions.stream()
              .filter(function -> nests.test(smmuOf(function)))
              .map(function ->
                  new TreeDevice(
                      function.address().toString(), nodes.cdev(function), smmuOf(function)))
              .toList();
      VmTree tree = null;
      int ioas;
      if (nesting.isEmpty()) {
        ioas = context.allocateIoas().id();
      } else {
        tree = VmTree.build(context, nesting, terms.initialProxy());
        tree.release();
        ioas = tree.describe().ioas();
      }
      return new PreparedContext(context, functions, ioas, tree, nodes, terms);
    } catch (RuntimeException e) {
      try {
        context.close();
      } catch (RuntimeException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  /**
   * Opens the devices, and binds them when the terms say so.
   *
   * @return in the order of the functions; the caller closes them
   * @throws io.vsmmu.iommufd.IommuException when one cannot be opened or bound; then none is open
   */
  List<VfioDevice> openDevices() {
    var devices = new ArrayList<VfioDevice>();
    try {
      for (var function : functions) {
        var address = function.address().toString();
        var device = VfioDevice.open(context.kernel(), nodes.cdev(function), address);
        devices.add(device);
        if (boundInTree(address)) {
          Objects.requireNonNull(tree).join(address, device, vsidOf(function));
        }
      }
      return devices;
    } catch (RuntimeException e) {
      for (var device : devices.reversed()) {
        try {
          device.close();
        } catch (RuntimeException again) {
          e.addSuppressed(again);
        }
      }
      throw e;
    }
  }

  /** The descriptor of the context; this object keeps owning it. */
  int fd() {
    return context.fd();
  }

  HandoffManifest manifest(String allocation) {
    var description = tree == null ? null : tree.describe();
    var fds = new ArrayList<String>();
    fds.add("iommufd");
    functions.forEach(function -> fds.add("vfio:" + function.address()));
    return new HandoffManifest(
        HandoffManifest.VERSION,
        allocation,
        fds,
        ioas,
        terms.initialProxy() == InitialProxy.BYPASS ? "bypass" : "abort",
        description == null
            ? List.of()
            : description.nestingParents().stream()
                .map(parent -> new HandoffManifest.NestingParent(parent.id(), parent.smmu()))
                .toList(),
        description == null
            ? List.of()
            : description.viommus().stream().map(PreparedContext::viommu).toList(),
        functions.stream().map(function -> handed(function, description)).toList());
  }

  /** Closes the agent's hold on the context. */
  @Override
  public void close() {
    context.close();
  }

  private HandedDevice handed(PciFunction function, @Nullable TreeDescription description) {
    var address = function.address().toString();
    var device = description == null ? null : description.device(address).orElse(null);
    boolean bound = boundInTree(address);
    return new HandedDevice(
        address,
        smmuOf(function),
        device == null ? null : device.viommu(),
        bound ? vsidOf(function) : null,
        nodes.cdevInContainer(function).toString(),
        bound);
  }

  private boolean boundInTree(String address) {
    return terms.bound() && tree != null && tree.describe().device(address).isPresent();
  }

  private int vsidOf(PciFunction function) {
    return functions.indexOf(function) * VSID_STEP;
  }

  private static HandoffManifest.Viommu viommu(TreeDescription.Viommu viommu) {
    return new HandoffManifest.Viommu(
        viommu.id(),
        "arm-smmuv3",
        viommu.smmu(),
        viommu.nestingParent(),
        viommu.bypass(),
        viommu.abort(),
        capabilities(viommu.capabilities()));
  }

  private static HandoffManifest.Capabilities capabilities(SmmuCapabilities smmu) {
    return new HandoffManifest.Capabilities(
        smmu.oas(), smmu.ssidSize(), smmu.sidSize(), smmu.ril(), smmu.ats(), smmu.granules());
  }

  private static String smmuOf(PciFunction function) {
    return Objects.requireNonNull(function.smmu(), "a function behind an SMMU");
  }
}
