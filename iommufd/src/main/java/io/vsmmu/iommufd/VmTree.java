package io.vsmmu.iommufd;

import java.util.ArrayList;
import java.util.HashMap;
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
  private TreeObjects objects;
  private final InitialProxy initialProxy;
  private final Map<String, TreeDescription.Device> devices = new LinkedHashMap<>();

  /** Files of the devices that are in the tree now, and the devices by their addresses. */
  private final Undo files;

  private final Map<String, BoundDevice> present = new HashMap<>();

  private VmTree(
      IommuContext context,
      TreeObjects objects,
      InitialProxy initialProxy,
      List<TreeDescription.Device> devices,
      Undo files) {
    this.context = context;
    this.objects = objects;
    this.initialProxy = initialProxy;
    this.files = files;
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
    Undo made = new Undo();
    Undo files = new Undo();
    try {
      TreeBuilder builder = new TreeBuilder(context.allocateIoas(), made);
      List<BoundDevice> bound = ParallelBind.run(context, devices, files);
      List<TreeDescription.Device> placed = new ArrayList<>();
      for (int i = 0; i < devices.size(); i++) {
        placed.add(builder.place(devices.get(i), bound.get(i), initialProxy));
      }
      VmTree tree = new VmTree(context, builder.finish(), initialProxy, placed, files);
      for (int i = 0; i < devices.size(); i++) {
        tree.present.put(devices.get(i).pciAddress(), bound.get(i));
      }
      return tree;
    } catch (RuntimeException | Error e) {
      files.after(e);
      made.after(e);
      throw e;
    }
  }

  /**
   * Adds devices with what they need: those behind an SMMU that the tree has use its vIOMMU. If one
   * fails, the tree is as before. The added devices are in the tree until {@link #release}.
   *
   * @param more at least one, none twice, none that the tree has
   * @throws IommuException when a request fails; it names request and object
   */
  public void add(List<TreeDevice> more) {
    requireDistinct(more);
    for (TreeDevice device : more) {
      if (devices.containsKey(device.pciAddress())) {
        throw new IllegalArgumentException(device.pciAddress() + " is in the tree already");
      }
    }
    Undo made = new Undo();
    Undo opened = new Undo();
    try {
      TreeBuilder builder = TreeBuilder.onto(objects, made);
      List<BoundDevice> bound = ParallelBind.run(context, more, opened);
      List<TreeDescription.Device> placed = new ArrayList<>();
      for (int i = 0; i < more.size(); i++) {
        placed.add(builder.place(more.get(i), bound.get(i), initialProxy));
      }
      objects.made().add(made);
      objects = builder.finish(objects.made());
      files.add(opened);
      placed.forEach(device -> devices.put(device.pciAddress(), device));
      for (int i = 0; i < more.size(); i++) {
        present.put(more.get(i).pciAddress(), bound.get(i));
      }
    } catch (RuntimeException | Error e) {
      opened.after(e);
      made.after(e);
      throw e;
    }
  }

  /**
   * Takes a tree over that another process built in the context and released. Nothing is asked of
   * the kernel: a wrong id shows when it is used.
   *
   * @throws IllegalArgumentException when the description refers to objects that it does not have
   */
  public static VmTree adopt(IommuContext context, TreeDescription description) {
    TreeObjects objects = TreeObjects.adopt(context, description);
    description.devices().forEach(device -> objects.branch(device.viommu()));
    return new VmTree(
        context, objects, description.initialProxy(), description.devices(), new Undo());
  }

  public IommuContext context() {
    return context;
  }

  /** The address space, into which the VM's memory is to be mapped. */
  public Ioas ioas() {
    return objects.ioas();
  }

  /**
   * The vIOMMU for a device of the tree.
   *
   * @throws IllegalArgumentException when the tree has no such device
   */
  public VirtualIommu viommuOf(String pciAddress) {
    return branchOf(pciAddress).viommu();
  }

  /**
   * The proxies for a device of the tree.
   *
   * @throws IllegalArgumentException when the tree has no such device
   */
  public ProxyHwpts proxiesOf(String pciAddress) {
    return branchOf(pciAddress).proxies();
  }

  /**
   * A device that is in the tree now; the tree keeps owning it.
   *
   * @throws IllegalArgumentException when the tree has no such device
   * @throws IllegalStateException when it was released, or has not joined yet
   */
  public BoundDevice boundDevice(String pciAddress) {
    TreeDescription.Device described = described(pciAddress);
    BoundDevice bound = present.get(described.pciAddress());
    if (bound == null) {
      throw new IllegalStateException(pciAddress + " is not bound; it has to join the tree first");
    }
    return bound;
  }

  /** The tree as data, for a process that is to adopt it. */
  public TreeDescription describe() {
    return objects.describe(initialProxy, List.copyOf(devices.values()));
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
    if (present.containsKey(pciAddress)) {
      throw new IllegalStateException(pciAddress + " is in the tree already");
    }
    SmmuBranch branch = branchOf(pciAddress);
    Undo joined = Undo.of(device);
    try {
      BoundDevice bound = device.bind(context);
      // A vDEVICE that ends with its device leaves an id that the context cannot use again.
      VirtualDevice link = joined.add(branch.viommu().allocateVdevice(bound, virtualStreamId));
      bound.attach(branch.proxies().get(initialProxy));
      files.add(joined);
      present.put(pciAddress, bound);
      devices.put(pciAddress, described.linked(link.virtualStreamId()));
      return bound;
    } catch (RuntimeException | Error e) {
      joined.after(e);
      throw e;
    }
  }

  /**
   * Makes the queue of the events of a device's vIOMMU; there can be one for each vIOMMU. The tree
   * owns it and closes it before the vIOMMU; {@link #release} keeps it.
   *
   * @param depth as in {@link VirtualIommu#allocateEventQueue}
   * @throws IommuException EEXIST when there is one already
   * @throws IllegalArgumentException when the tree has no such device
   */
  public EventQueue allocateEventQueue(String pciAddress, int depth) {
    return objects.made().add(viommuOf(pciAddress).allocateEventQueue(depth));
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
    try {
      release();
    } catch (RuntimeException | Error e) {
      objects.made().after(e);
      throw e;
    }
    objects.made().close();
  }

  private TreeDescription.Device described(String pciAddress) {
    TreeDescription.Device device = devices.get(pciAddress);
    if (device == null) {
      throw new IllegalArgumentException(
          pciAddress + " is not in the tree, which has " + devices.keySet());
    }
    return device;
  }

  private SmmuBranch branchOf(String pciAddress) {
    return objects.branch(described(pciAddress).viommu());
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
