package io.vsmmu.iommufd;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * All objects that one VM needs in a context: an address space, a nesting parent and a vIOMMU with
 * its proxies per physical SMMU, and the devices behind a proxy. The context stays the caller's.
 *
 * <p>Not safe for use by several threads.
 */
public final class VmTree implements AutoCloseable {
  private final IommuContext context;
  private final Undo objects;
  private final Undo files;
  private final InitialProxy initialProxy;
  private final Ioas ioas;
  private final List<TreeDescription.NestingParent> parents;
  private final List<SmmuBranch> branches;
  private final Map<String, TreeDescription.Device> devices = new LinkedHashMap<>();
  private final Set<String> present = new HashSet<>();

  VmTree(
      IommuContext context,
      Undo objects,
      Undo files,
      InitialProxy initialProxy,
      Ioas ioas,
      List<TreeDescription.NestingParent> parents,
      Collection<SmmuBranch> branches,
      List<TreeDescription.Device> devices) {
    this.context = context;
    this.objects = objects;
    this.files = files;
    this.initialProxy = initialProxy;
    this.ioas = ioas;
    this.parents = List.copyOf(parents);
    this.branches = List.copyOf(branches);
    devices.forEach(device -> this.devices.put(device.pciAddress(), device));
  }

  /**
   * Builds the tree in a context, or leaves the context as it was.
   *
   * @param devices at least one, none twice; bound in parallel, since each bind resets its device
   * @param initialProxy what the devices are attached to
   * @throws IommuException when a request fails; it names request and object
   */
  public static VmTree build(
      IommuContext context, List<TreeDevice> devices, InitialProxy initialProxy) {
    requireDistinct(devices);
    Undo objects = new Undo();
    Undo files = new Undo();
    try {
      VmTree tree = new TreeBuilder(context, objects, files).build(devices, initialProxy);
      devices.forEach(device -> tree.present.add(device.pciAddress()));
      return tree;
    } catch (RuntimeException e) {
      files.after(e);
      objects.after(e);
      throw e;
    }
  }

  /**
   * Takes a tree over that another process built in the context and released. Nothing is asked of
   * the kernel: a wrong id shows when it is used.
   */
  public static VmTree adopt(IommuContext context, TreeDescription description) {
    Undo objects = new Undo();
    Ioas ioas = objects.add(new Ioas(context, description.ioas()));
    Map<Integer, NestingParent> parents = new LinkedHashMap<>();
    for (TreeDescription.NestingParent parent : description.nestingParents()) {
      parents.put(parent.id(), objects.add(new NestingParent(context, parent.id())));
    }
    List<SmmuBranch> branches =
        description.viommus().stream()
            .map(viommu -> adopt(context, viommu, parents, objects))
            .toList();
    return new VmTree(
        context,
        objects,
        new Undo(),
        description.initialProxy(),
        ioas,
        description.nestingParents(),
        branches,
        description.devices());
  }

  private static SmmuBranch adopt(
      IommuContext context,
      TreeDescription.Viommu viommu,
      Map<Integer, NestingParent> parents,
      Undo objects) {
    NestingParent parent = parents.get(viommu.nestingParent());
    if (parent == null) {
      throw new IllegalArgumentException(
          "vIOMMU "
              + viommu.id()
              + " is on a nesting parent that is not described: "
              + viommu.nestingParent());
    }
    VirtualIommu object = objects.add(new VirtualIommu(context, viommu.id()));
    ProxyHwpts proxies =
        objects.add(
            new ProxyHwpts(
                new NestedHwpt(context, viommu.bypass()), new NestedHwpt(context, viommu.abort())));
    return new SmmuBranch(viommu.smmu(), parent, object, proxies, viommu.capabilities());
  }

  public IommuContext context() {
    return context;
  }

  /** The address space, into which the VM's memory is to be mapped. */
  public Ioas ioas() {
    return ioas;
  }

  /**
   * The vIOMMU for a device of the tree.
   *
   * @throws IllegalArgumentException when the tree has no such device
   */
  public VirtualIommu viommuOf(String pciAddress) {
    return branchOf(described(pciAddress)).viommu();
  }

  /**
   * The proxies for a device of the tree.
   *
   * @throws IllegalArgumentException when the tree has no such device
   */
  public ProxyHwpts proxiesOf(String pciAddress) {
    return branchOf(described(pciAddress)).proxies();
  }

  /** The tree as data, for a process that is to adopt it. */
  public TreeDescription describe() {
    return new TreeDescription(
        ioas.id(),
        initialProxy,
        parents,
        branches.stream().map(SmmuBranch::describe).toList(),
        List.copyOf(devices.values()));
  }

  /**
   * Brings a device of the description into an adopted or released tree: binds it, links it to its
   * vIOMMU and attaches it to the initial proxy. The tree owns the device afterwards.
   *
   * @param pciAddress one of the description
   * @param virtualStreamId as in {@link VirtualIommu#allocateVdevice}
   * @throws IommuException when a request fails; the device is closed then
   * @throws IllegalArgumentException when the tree has no such device
   * @throws IllegalStateException when the device is in the tree already
   */
  public BoundDevice join(String pciAddress, VfioDevice device, long virtualStreamId) {
    TreeDescription.Device described = described(pciAddress);
    if (present.contains(pciAddress)) {
      throw new IllegalStateException(pciAddress + " is in the tree already");
    }
    SmmuBranch branch = branchOf(described);
    try {
      BoundDevice bound = device.bind(context);
      // Ends with the device; nothing to undo.
      VirtualDevice link = branch.viommu().allocateVdevice(bound, virtualStreamId);
      bound.attach(branch.proxies().get(initialProxy));
      files.add(device);
      present.add(pciAddress);
      devices.put(pciAddress, described.linked(link.virtualStreamId()));
      return bound;
    } catch (RuntimeException e) {
      Undo.of(device).after(e);
      throw e;
    }
  }

  /**
   * Closes the devices and keeps the objects: the state in which a tree is handed over to a VMM
   * that binds the devices itself. To forget the tree afterwards close the context, not the tree.
   *
   * @throws IommuException when a device cannot be closed
   */
  public void release() {
    present.clear();
    devices.replaceAll((address, device) -> device.unlinked());
    files.close();
  }

  /**
   * Closes the devices and destroys all objects; the context is as before.
   *
   * @throws IommuException EBUSY when somebody else has put something on an object
   */
  @Override
  public void close() {
    RuntimeException failure = null;
    try {
      release();
    } catch (RuntimeException e) {
      failure = e;
    }
    if (failure == null) {
      objects.close();
    } else {
      objects.after(failure);
      throw failure;
    }
  }

  private TreeDescription.Device described(String pciAddress) {
    TreeDescription.Device device = devices.get(pciAddress);
    if (device == null) {
      throw new IllegalArgumentException(
          pciAddress + " is not in the tree, which has " + devices.keySet());
    }
    return device;
  }

  private SmmuBranch branchOf(TreeDescription.Device device) {
    return branches.stream()
        .filter(branch -> branch.viommu().id() == device.viommu())
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("no vIOMMU " + device.viommu() + " for " + device));
  }

  private static void requireDistinct(List<TreeDevice> devices) {
    if (devices.isEmpty()) {
      throw new IllegalArgumentException("a tree needs a device");
    }
    Set<String> addresses = new HashSet<>();
    for (TreeDevice device : devices) {
      if (!addresses.add(device.pciAddress())) {
        throw new IllegalArgumentException(device.pciAddress() + " is there twice");
      }
    }
  }
}
