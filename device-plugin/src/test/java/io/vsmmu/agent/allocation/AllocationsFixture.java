package io.vsmmu.agent.allocation;

import static java.util.stream.Collectors.flatMapping;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Pointer;
import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.kernel.ForwardingKernel;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.uapi.VfioDeviceBindIommufd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An agent with its allocations on a simulated node: three NICs behind two SMMUs. */
abstract class AllocationsFixture {

  static final String NIC = "vsmmu.io/nic";
  static final String FIRST = "0000:09:00.0";
  static final String SECOND = "0000:0a:00.0";
  static final String OTHER_SMMU = "0000:89:00.0";
  static final Set<String> ALL = Set.of(FIRST, SECOND, OTHER_SMMU);
  static final PodContainer POD = new PodContainer("default", "vm", null, "compute");

  @TempDir Path folder;
  TestNode node;
  Agent agent;
  final Points points = new Points();
  final List<DeviceHolders.Holder> holders = new ArrayList<>();
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  Runnable afterRefusedBind = () -> {};
  Runnable whileListing = () -> {};
  Consumer<NodeInventory> beforeFirstWish = inventory -> {};
  boolean kubeletAnswers = true;
  boolean kubeletKnowsItsPods = true;
  String kubelet = "first run";
  String boot = TestNode.BOOT;
  Duration patience = Duration.ofMillis(100);
  ResourceSpec first = ResourceSpec.of(NIC, DeviceSelector.ofVendor("8086"));

  @BeforeEach
  void threeNicsBehindTwoSmmus() throws IOException {
    node = new TestNode(folder, SimulatedNode.small());
    agent = new Agent();
  }

  @AfterEach
  void stop() {
    agent.inventory.close();
  }

  void assertNothingIsLeft() {
    assertThat(agent.ledger.allocations()).isEmpty();
    assertThat(points.served()).isEmpty();
    assertThat(node.state().resolve("allocations")).isEmptyDirectory();
  }

  void list(PodContainer container, String... ids) {
    listOf(NIC, container, ids);
  }

  void listOf(String resource, PodContainer container, String... ids) {
    holders.add(new DeviceHolders.Holder(container, resource, Set.of(ids)));
  }

  void later(Duration time) {
    now = now.plus(time);
  }

  /** An agent from start to kill. */
  final class Agent {
    final DeviceClaims claims = new DeviceClaims();
    final NodeInventory inventory = node.inventory(claims);
    final AllocationLedger ledger = AllocationLedger.open(node.state().resolve("allocations"));
    final Surroundings surroundings =
        new Surroundings(kernel(), node.sys(), node.dev(), boot, vfioUser(), inventory, claims);
    final Allocations allocations =
        new Allocations(surroundings, ledger, points, () -> now, patience);
    final ReleaseWatch releases;

    Agent() throws IOException {
      points.served.clear();
      allocations.restore();
      releases =
          new ReleaseWatch(
              ledger,
              new Release(surroundings, ledger, points, new DeviceNodes(node.dev())),
              AllocationsFixture.this::holders,
              ReleaseRule.DEFAULT,
              () -> now);
      beforeFirstWish.accept(inventory);
      wish(first);
    }

    void wish(ResourceSpec... resources) {
      wish(new Wish(1, List.of(resources), false));
    }

    void wish(Wish wish) {
      inventory.wish(wish);
      await().until(() -> inventory.report().wish().equals(wish));
    }

    AllocationAnswer allocate(String... ids) throws AllocationException {
      return allocate(Set.of(ids));
    }

    AllocationAnswer allocate(Set<String> ids) throws AllocationException {
      return allocations.allocate(NIC, ids);
    }

    /** A VM that collects an allocation and binds its devices. */
    SimulatedKernel run(AllocationAnswer answer) throws AllocationException {
      var vm = new SimulatedKernel(node.machine(), false);
      try (var handoff = take(answer)) {
        var fds =
            handoff.descriptors().stream().map(fd -> node.agentProcess().pass(fd, vm)).toList();
        handoff.acknowledged();
        var context = IommuContext.adopt(vm, fds.getFirst());
        for (var fd : fds.subList(1, fds.size())) {
          VfioDevice.adopt(vm, fd, "device").bind(context);
        }
      }
      return vm;
    }

    Handoff take(AllocationAnswer answer) throws AllocationException {
      return take(answer, HandoffProtocol.FULL);
    }

    /** The container of {@link #POD} collects an allocation, and with it what else it holds. */
    Handoff take(AllocationAnswer answer, HandoffProtocol protocol) throws AllocationException {
      Map<String, Set<String>> devices =
          holders.stream()
              .filter(holder -> holder.container().isSameAs(POD))
              .collect(
                  groupingBy(
                      DeviceHolders.Holder::resource,
                      flatMapping(holder -> holder.deviceIds().stream(), toSet())));
      return ledger.take(answer.allocation(), new Collector(POD, devices), protocol);
    }

    Allocation only() {
      assertThat(ledger.allocations()).hasSize(1);
      return ledger.allocations().getFirst();
    }

    AllocationState state(AllocationAnswer answer) {
      return view(answer).state();
    }

    Allocation view(AllocationAnswer answer) {
      return ledger.allocations().stream()
          .filter(allocation -> allocation.id().equals(answer.allocation()))
          .findFirst()
          .orElseThrow();
    }

    void awaitState(String id, DeviceState state) {
      await().until(() -> inventory.snapshot().device(id).orElseThrow().state() == state);
    }

    void look() {
      releases.look();
    }

    void releaseAll() {
      later(Duration.ofHours(1));
      look();
      later(Duration.ofHours(1));
      look();
    }

    void kill() {
      inventory.close();
      node.agentProcess().exit();
    }
  }

  /** The agent's requests, with a way for a test to act when a bind is refused. */
  private Kernel kernel() {
    return new ForwardingKernel(node.kernel()) {
      @Override
      public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
        try {
          super.ioctl(fd, request, argument);
        } catch (KernelException e) {
          if (request.equals(VfioDeviceBindIommufd.REQUEST)) {
            afterRefusedBind.run();
          }
          throw e;
        }
      }
    };
  }

  /** A resource whose devices are handed over bound. */
  static ResourceSpec bound(String resource, String vendor) {
    return new ResourceSpec(
        resource,
        List.of(DeviceSelector.ofVendor(vendor)),
        null,
        null,
        null,
        null,
        io.vsmmu.api.v1alpha1.Handoff.Bound,
        null,
        null);
  }

  private DeviceHolders.Listing holders() throws IOException {
    if (!kubeletAnswers) {
      throw new IOException("connection refused");
    }
    whileListing.run();
    return new DeviceHolders.Listing(kubeletKnowsItsPods, Optional.of(kubelet), holders);
  }

  int vfioUser() {
    return "root".equals(System.getProperty("user.name")) ? 107 : uid();
  }

  private int uid() {
    try {
      return (Integer) Files.getAttribute(folder, "unix:uid");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  final class Points implements HandoffPoints {
    final Map<String, HandoffOffer> served = new HashMap<>();
    boolean broken;

    @Override
    public Path open(HandoffOffer offer) throws IOException {
      if (broken) {
        throw new IOException("no space left on device");
      }
      served.put(offer.allocation(), offer);
      return folder(offer.allocation());
    }

    @Override
    public void close(String allocation) {
      served.remove(allocation);
    }

    @Override
    public void removeAllBut(Set<String> allocations) {
      served.keySet().retainAll(allocations);
    }

    Path folder(String allocation) {
      return folder.resolve("run").resolve(allocation);
    }

    Set<String> served() {
      return served.keySet();
    }
  }
}
