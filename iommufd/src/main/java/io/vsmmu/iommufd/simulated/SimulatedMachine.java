package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.simulated.VfioFile.Binding;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A running simulated node: its device nodes, its drivers, and the kernel's iommufd and VFIO. It
 * knows open files, not descriptor numbers: those belong to the processes in front of it ({@link
 * SimulatedKernel} for one in this JVM). Safe for use by several threads.
 */
public final class SimulatedMachine {

  /** The node that gives iommufd contexts. */
  public static final Path IOMMU = Path.of("/dev/iommu");

  /** Where the VFIO character devices are. */
  public static final Path VFIO_DEVICES = Path.of("/dev/vfio/devices");

  private final SimulatedNode node;
  private final IommuRequests iommuRequests;
  private final Map<String, SmmuState> smmus = new HashMap<>();
  private final Map<String, FunctionState> functions = new HashMap<>();
  private final ReentrantLock lock = new ReentrantLock();

  /** Signalled when a file gets something to read. */
  private final Condition eventsArrived = lock.newCondition();

  /** Signalled when a device's node is closed. */
  private final Condition nodesClosed = lock.newCondition();

  private final PinnedMemory pinned = new PinnedMemory();

  private final Set<OpenFile> files = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Context> contexts = new HashSet<>();

  public SimulatedMachine(SimulatedNode node) {
    this.node = node;
    node.smmus().forEach(smmu -> smmus.put(smmu.name(), new SmmuState(smmu)));
    Map<Integer, GroupState> groups = new HashMap<>();
    for (SimulatedDevice device : node.devices()) {
      SmmuState smmu = smmu(device.smmu());
      GroupState group = groups.computeIfAbsent(device.group(), GroupState::new);
      functions.put(device.pciAddress(), new FunctionState(device, smmu, group));
    }
    this.iommuRequests = new IommuRequests(this);
  }

  /** What the machine was made from. */
  public SimulatedNode node() {
    return node;
  }

  /**
   * Opens a device node.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException ENOENT when there is none, e.g. since the
   *     device is on no VFIO driver
   */
  public OpenFile open(Path device) {
    lock.lock();
    try {
      MachineFile file = device.equals(IOMMU) ? openIommu(device) : openVfio(device);
      files.add(file);
      return file;
    } finally {
      lock.unlock();
    }
  }

  /** What the kernel does when the last descriptor that refers to the file is closed. */
  public void release(OpenFile file) {
    lock.lock();
    try {
      MachineFile known = require(file);
      files.remove(file);
      switch (known) {
        case IommuFile iommu -> dereference(iommu.context());
        case VfioFile vfio -> releaseVfio(vfio);
        case QueueFile queue -> {
          queue.queue().fileClosed();
          dereference(queue.context());
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes a request.
   *
   * @param argument address of the structure in the caller's memory
   * @throws io.vsmmu.iommufd.kernel.KernelException what the request gives
   */
  public void ioctl(OpenFile file, int request, long argument, Caller caller) {
    lock.lock();
    try {
      switch (require(file)) {
        case IommuFile iommu -> iommuRequests.run(iommu.context(), request, argument, caller);
        case VfioFile vfio -> VfioRequests.run(node.isolatedMsi(), vfio, request, argument, caller);
        case QueueFile queue ->
            throw Fail.with(Errno.ENOTTY, "request 0x" + Integer.toHexString(request));
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads what an event file has now.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException what {@code read(2)} gives
   */
  public byte[] read(OpenFile file, int atMost) {
    lock.lock();
    try {
      return require(file).read(atMost);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes to an event file.
   *
   * @return bytes written
   * @throws io.vsmmu.iommufd.kernel.KernelException what {@code write(2)} gives
   */
  public int write(OpenFile file, byte[] bytes) {
    lock.lock();
    try {
      return require(file).write(bytes);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there is something to read.
   *
   * @return false when the time is up
   * @throws io.vsmmu.iommufd.kernel.KernelException EINTR when the thread is interrupted
   */
  public boolean awaitReadable(OpenFile file, Duration timeout) {
    lock.lock();
    try {
      long left = TimeUnit.NANOSECONDS.convert(timeout);
      while (!require(file).isReadable()) {
        if (left <= 0) {
          return false;
        }
        left = eventsArrived.awaitNanos(left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Fail.with(Errno.EINTR, "poll of " + file.device());
    } finally {
      lock.unlock();
    }
  }

  /** The driver that a device is on now. */
  public Optional<String> driver(String pciAddress) {
    lock.lock();
    try {
      return Optional.ofNullable(function(pciAddress).driver());
    } finally {
      lock.unlock();
    }
  }

  /**
   * Moves a device to another driver, or to none. Waits, as the kernel does, until nobody has its
   * VFIO node open; from the beginning on it cannot be opened any more.
   *
   * @throws io.vsmmu.iommufd.kernel.KernelException ENODEV when there is no such device
   */
  public void bindDriver(String pciAddress, @Nullable String driver) {
    lock.lock();
    try {
      FunctionState function = function(pciAddress);
      function.leave();
      while (function.openFiles() > 0) {
        nodesClosed.awaitUninterruptibly();
      }
      function.setDriver(driver);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets the SMMU report an event of a device, as for DMA that it refuses. The guest hears of it
   * when the device had a vDEVICE when it was attached, and the vIOMMU has an event queue.
   *
   * @param record the four words of the event record, StreamID in the upper half of the first
   * @return whether there is such a queue
   * @throws io.vsmmu.iommufd.kernel.KernelException ENODEV when there is no such device
   */
  public boolean report(String pciAddress, List<Long> record) {
    lock.lock();
    try {
      boolean taken = function(pciAddress).report(record);
      eventsArrived.signalAll();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** Memory that address spaces have pinned at the moment, in bytes; each mapping counts. */
  public long pinnedBytes() {
    lock.lock();
    try {
      return pinned.bytes();
    } finally {
      lock.unlock();
    }
  }

  /** What is there at the moment; to see that nothing was left behind. */
  public Usage usage() {
    lock.lock();
    try {
      return new Usage(
          files.size(),
          contexts.size(),
          contexts.stream().mapToInt(Context::objectCount).sum(),
          smmus.values().stream().mapToInt(SmmuState::vmidsTaken).sum());
    } finally {
      lock.unlock();
    }
  }

  /**
   * How much of everything there is.
   *
   * @param files open files, each counted once however many descriptors refer to it
   * @param contexts iommufd contexts, open or kept alive by a bound device
   * @param objects objects in all contexts
   * @param vmids VMIDs in use on all SMMUs
   */
  public record Usage(int files, int contexts, int objects, int vmids) {}

  /** Takes note of a file that a request made. */
  void opened(QueueFile file) {
    files.add(file);
    file.context().reference();
  }

  private IommuFile openIommu(Path device) {
    Context context = new Context(pinned);
    contexts.add(context);
    return new IommuFile(device, context);
  }

  private VfioFile openVfio(Path device) {
    FunctionState function =
        functions.values().stream()
            .filter(FunctionState::hasVfioNode)
            .filter(each -> device.equals(VFIO_DEVICES.resolve(each.device().cdev())))
            .findFirst()
            .orElseThrow(() -> Fail.with(Errno.ENOENT, "open " + device));
    function.opened();
    return new VfioFile(device, function);
  }

  private void releaseVfio(VfioFile file) {
    file.function().closed();
    nodesClosed.signalAll();
    Binding binding = file.binding();
    if (VfioRequests.unbind(file) && binding != null) {
      contexts.remove(binding.context());
    }
  }

  private void dereference(Context context) {
    if (context.dereference()) {
      contexts.remove(context);
    }
  }

  private MachineFile require(OpenFile file) {
    if (file instanceof MachineFile known && files.contains(file)) {
      return known;
    }
    throw Fail.with(Errno.EBADF, file.device() + " is not open on this machine");
  }

  private SmmuState smmu(String name) {
    SmmuState smmu = smmus.get(name);
    if (smmu == null) {
      throw new IllegalArgumentException("no SMMU " + name);
    }
    return smmu;
  }

  private FunctionState function(String pciAddress) {
    FunctionState function = functions.get(pciAddress);
    if (function == null) {
      throw Fail.with(Errno.ENODEV, "no device " + pciAddress);
    }
    return function;
  }
}
