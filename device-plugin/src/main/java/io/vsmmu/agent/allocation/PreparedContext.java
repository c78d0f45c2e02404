package io.vsmmu.agent.allocation;

import io.vsmmu.agent.allocation.HandoffManifest.HandedDevice;
import io.vsmmu.iommufd.InitialProxy;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.TopologySource;
import io.vsmmu.iommufd.TreeDescription;
import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.VmTree;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An iommufd context with all objects that one VM needs. Its devices are closed, so that the VMM
 * can bind them; the objects live as long as somebody has the context open.
 *
 * <p>Not safe for use by several threads.
 */
final class PreparedContext implements AutoCloseable {

  /** Between the virtual stream ids of devices that are handed over bound: one PCI device each. */
  private static final int VSID_STEP = 8;

  private final IommuContext context;
  private final DeviceNodes nodes;
  private final Predicate<String> nests;
  private final InitialProxy initialProxy;
  private final int ioas;
  private final @Nullable VmTree tree;

  /** By address: the position tells the virtual stream id. */
  private List<Wanted> functions;

  private PreparedContext(
      IommuContext context,
      DeviceNodes nodes,
      Predicate<String> nests,
      InitialProxy initialProxy,
      int ioas,
      @Nullable VmTree tree,
      List<Wanted> functions) {
    this.context = context;
    this.nodes = nodes;
    this.nests = nests;
    this.initialProxy = initialProxy;
    this.ioas = ioas;
    this.tree = tree;
    this.functions = inOrder(functions);
  }

  /**
   * Makes the context. Binds every device that can nest once, which resets it.
   *
   * @param topology what a refused bind is explained with
   * @param wanted free functions
   * @param nests whether an SMMU can nest; devices behind one that cannot are left to the address
   *     space
   * @throws io.vsmmu.iommufd.IommuException when a request fails; then nothing is left
   */
  static PreparedContext build(
      Kernel kernel,
      TopologySource topology,
      DeviceNodes nodes,
      List<Wanted> wanted,
      Predicate<String> nests) {
    var context = IommuContext.open(kernel, nodes.iommu(), topology);
    try {
      context.chargeProcess();
      var initialProxy = Wanted.initialProxy(wanted);
      var nesting = nesting(wanted, nodes, nests);
      VmTree tree = null;
      int ioas;
      if (nesting.isEmpty()) {
        ioas = context.allocateIoas().id();
      } else {
        tree = VmTree.build(context, nesting, initialProxy);
        tree.release();
        ioas = tree.describe().ioas();
      }
      return new PreparedContext(context, nodes, nests, initialProxy, ioas, tree, wanted);
    } catch (RuntimeException e) {
      try {
        context.close();
      } catch (RuntimeException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  /** Whether {@link #complete} can make it what {@link #build} would make of all {@code wanted}. */
  boolean canBecome(Collection<Wanted> wanted) {
    return tree != null && initialProxy == Wanted.initialProxy(wanted);
  }

  /**
   * Adds the functions that it does not have.
   *
   * @param wanted all that it is to have, those that it has among them
   * @throws io.vsmmu.iommufd.IommuException when a request fails; it is then as before
   */
  void complete(Collection<Wanted> wanted) {
    var missing =
        wanted.stream()
            .filter(each -> functions.stream().noneMatch(f -> f.address().equals(each.address())))
            .toList();
    var nesting = nesting(missing, nodes, nests);
    if (!nesting.isEmpty()) {
      var grown = Objects.requireNonNull(tree, "a context that can become more");
      grown.add(nesting);
      grown.release();
    }
    functions = inOrder(wanted);
  }

  /**
   * Opens the devices, and binds those whose terms say so.
   *
   * @return in the order of the functions; the caller closes them
   * @throws io.vsmmu.iommufd.IommuException when one cannot be opened or bound; then none is open
   */
  List<VfioDevice> openDevices() {
    var devices = new ArrayList<VfioDevice>();
    try {
      for (var wanted : functions) {
        var device =
            VfioDevice.open(context.kernel(), nodes.cdev(wanted.function()), wanted.address());
        devices.add(device);
        if (boundInTree(wanted)) {
          Objects.requireNonNull(tree).join(wanted.address(), device, vsidOf(wanted));
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
    functions.forEach(wanted -> fds.add("vfio:" + wanted.address()));
    return new HandoffManifest(
        HandoffManifest.VERSION,
        allocation,
        fds,
        ioas,
        initialProxy == InitialProxy.BYPASS ? "bypass" : "abort",
        description == null
            ? List.of()
            : description.nestingParents().stream()
                .map(parent -> new HandoffManifest.NestingParent(parent.id(), parent.smmu()))
                .toList(),
        description == null
            ? List.of()
            : description.viommus().stream().map(PreparedContext::viommu).toList(),
        functions.stream().map(wanted -> handed(wanted, description)).toList());
  }

  /** Closes the agent's hold on the context. */
  @Override
  public void close() {
    context.close();
  }

  private HandedDevice handed(Wanted wanted, @Nullable TreeDescription description) {
    var device = description == null ? null : description.device(wanted.address()).orElse(null);
    boolean bound = boundInTree(wanted);
    return new HandedDevice(
        wanted.address(),
        wanted.smmu(),
        device == null ? null : device.viommu(),
        bound ? vsidOf(wanted) : null,
        nodes.cdevInContainer(wanted.function()).toString(),
        bound);
  }

  private boolean boundInTree(Wanted wanted) {
    return wanted.terms().bound()
        && tree != null
        && tree.describe().device(wanted.address()).isPresent();
  }

  private int vsidOf(Wanted wanted) {
    return functions.indexOf(wanted) * VSID_STEP;
  }

  private static List<TreeDevice> nesting(
      Collection<Wanted> wanted, DeviceNodes nodes, Predicate<String> nests) {
    return wanted.stream()
        .filter(each -> nests.test(each.smmu()))
        .map(each -> new TreeDevice(each.address(), nodes.cdev(each.function()), each.smmu()))
        .toList();
  }

  private static List<Wanted> inOrder(Collection<Wanted> wanted) {
    return wanted.stream().sorted(Comparator.comparing(each -> each.function().address())).toList();
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
}
