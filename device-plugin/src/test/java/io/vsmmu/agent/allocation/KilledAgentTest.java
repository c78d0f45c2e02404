package io.vsmmu.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.vsmmu.agent.TestNode;
import io.vsmmu.agent.handoff.HandoffListener;
import io.vsmmu.agent.handoff.HandoffServer;
import io.vsmmu.agent.handoff.HandoffSettings;
import io.vsmmu.agent.handoff.MemlockLimit;
import io.vsmmu.agent.handoff.MemlockPolicy;
import io.vsmmu.agent.handoff.PeerCheck;
import io.vsmmu.agent.inventory.DeviceClaims;
import io.vsmmu.agent.inventory.DeviceState;
import io.vsmmu.agent.inventory.NodeInventory;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.mortal.Life;
import io.vsmmu.agent.mortal.MortalKernel;
import io.vsmmu.agent.mortal.MortalPath;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine.Usage;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An agent is killed at every step by which it changes the node between the first Allocate and the
 * last release; another one goes on from what it finds.
 */
class KilledAgentTest {

  private static final String NIC = "vsmmu.io/nic";
  private static final String FAST = "vsmmu.io/fast-nic";
  private static final String FIRST = "0000:09:00.0";
  private static final Set<String> OTHERS = Set.of("0000:0a:00.0", "0000:89:00.0");
  private static final PodContainer POD = new PodContainer("default", "vm", null, "compute");
  private static final Wish WISH =
      new Wish(
          1,
          List.of(
              ResourceSpec.of(NIC, at(FIRST)),
              new ResourceSpec(
                  FAST,
                  OTHERS.stream().map(KilledAgentTest::at).toList(),
                  null,
                  null,
                  null,
                  null,
                  null,
                  null,
                  null)),
          false,
          true);

  private static DeviceSelector at(String address) {
    return new DeviceSelector(null, null, null, address, null, null);
  }

  static LongStream steps() throws Exception {
    var folder = Files.createTempDirectory("vsmmu-steps");
    try (var story = new Story(folder, Life.unlimited())) {
      long started = story.agent.life.steps();
      story.live();
      return LongStream.range(started, story.agent.life.steps());
    } finally {
      Folders.delete(folder);
    }
  }

  @ParameterizedTest(name = "before step {0}")
  @MethodSource("steps")
  void theNextAgentLeavesNothingBehindAndTakesNothingAway(long step, @TempDir Path folder)
      throws Exception {
    try (var story = new Story(folder, Life.until(step))) {
      // A look of the inventory may save a step; then the agent dies after the last.
      assertThat(catchThrowable(story::live))
          .satisfiesAnyOf(
              none -> assertThat(none).isNull(),
              end -> assertThat(end).isInstanceOf(Life.Killed.class));

      story.nextAgent();

      story.kubeletsAnswersHold();
      story.endPod();
      story.nothingIsLeft();
      story.agent.allocate(NIC, Set.of(FIRST));
      story.agent.allocate(FAST, OTHERS);
    }
  }

  /** A node on which an agent lives for a while, and a pod comes, runs and goes. */
  private static final class Story implements AutoCloseable {
    private final Path folder;
    private final TestNode node;
    private final SimulatedKernel vm;
    private Agent agent;
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    /** What kubelet got answers for, and so has assigned to the pod. */
    private final List<DeviceHolders.Holder> assigned = new ArrayList<>();

    Story(Path folder, Life life) throws IOException {
      this.folder = folder;
      this.node = new TestNode(folder, SimulatedNode.small());
      this.vm = new SimulatedKernel(node.machine(), false);
      this.agent = new Agent(life);
    }

    /** Kills the agent, if it still lives, and starts another. */
    void nextAgent() throws IOException {
      agent.die();
      agent = new Agent(Life.unlimited());
    }

    @Override
    public void close() {
      agent.die();
    }

    /** A pod with devices of two resources comes, runs and goes. */
    void live() throws AllocationException {
      agent.allocate(NIC, Set.of(FIRST));
      assigned.add(new DeviceHolders.Holder(POD, NIC, Set.of(FIRST)));
      agent.allocate(FAST, OTHERS);
      assigned.add(new DeviceHolders.Holder(POD, FAST, OTHERS));
      agent.releases.look();
      collect();
      endPod();
    }

    void collect() throws AllocationException {
      Map<String, Set<String>> devices =
          assigned.size() == 2
              ? Map.of(NIC, Set.of(FIRST), FAST, OTHERS)
              : Map.of(NIC, Set.of(FIRST));
      var id =
          agent.ledger.allocations().stream()
              .filter(each -> each.resource().equals(NIC))
              .findFirst()
              .orElseThrow()
              .id();
      try (var handoff = agent.ledger.take(id, new Collector(POD, devices), HandoffProtocol.FULL)) {
        var fds =
            handoff.descriptors().stream().map(fd -> node.agentProcess().pass(fd, vm)).toList();
        var context = IommuContext.adopt(vm, fds.getFirst());
        fds.stream().skip(1).forEach(fd -> VfioDevice.adopt(vm, fd, "device").bind(context));
        handoff.acknowledged();
      }
    }

    void endPod() {
      vm.exit();
      assigned.clear();
      for (int i = 0; i < 3; i++) {
        agent.releases.look();
        now = now.plus(Duration.ofMinutes(2));
      }
    }

    /** Whether the VM has a device bound. */
    boolean running() {
      return node.machine().usage().files() > 0;
    }

    Path handoffFolder() {
      return folder.resolve("handoff");
    }

    void kubeletsAnswersHold() throws AllocationException {
      agent.releases.look();
      assertThat(agent.ledger.allocations())
          .extracting(Allocation::resource)
          .containsAll(assigned.stream().map(DeviceHolders.Holder::resource).toList());
      if (running()) {
        assertThat(node.machine().usage().contexts()).as("the running VM's own").isEqualTo(1);
      } else if (!assigned.isEmpty()) {
        collect();
        assertThat(running()).as("what waited was collected").isTrue();
      }
    }

    void nothingIsLeft() throws IOException {
      assertThat(agent.ledger.allocations()).isEmpty();
      assertThat(node.state().resolve("allocations")).isEmptyDirectory();
      Folders.assertNoEntries(handoffFolder());
      // What came back is probed at the next look, in a context that goes as it came.
      await()
          .pollInterval(Duration.ofMillis(5))
          .untilAsserted(() -> assertThat(node.machine().usage()).isEqualTo(new Usage(0, 0, 0, 0)));
      for (var device : node.machine().node().devices()) {
        var cdev = node.dev().resolve("vfio/devices").resolve(device.cdev());
        assertThat(Folders.uid(cdev)).as("owner of " + cdev).isEqualTo(Folders.uid(folder));
      }
    }

    /** The parts of an agent that change the node, and may die of it. */
    final class Agent {
      final Life life;
      final NodeInventory inventory;
      final AllocationLedger ledger;
      final HandoffServer points;
      final Allocations allocations;
      final ReleaseWatch releases;

      Agent(Life life) throws IOException {
        this.life = life;
        var claims = new DeviceClaims();
        inventory = node.inventory(claims);
        ledger =
            AllocationLedger.open(
                MortalPath.of(Files.createDirectories(node.state().resolve("allocations")), life));
        points =
            new HandoffServer(
                new HandoffSettings(
                    MortalPath.of(handoffFolder(), life),
                    Duration.ofSeconds(10),
                    Duration.ZERO,
                    MemlockPolicy.of(MemlockLimit.of(0))),
                ledger,
                PeerCheck.path(this::holders, Duration.ZERO),
                HandoffListener.NONE);
        var dev = MortalPath.of(node.dev(), life);
        var surroundings =
            new Surroundings(
                new MortalKernel(node.kernel(), life),
                node.sys(),
                dev,
                TestNode.BOOT,
                Folders.anotherUser(folder),
                inventory,
                claims);
        allocations =
            new Allocations(surroundings, ledger, points, () -> now, Duration.ofSeconds(1));
        allocations.restore();
        releases =
            new ReleaseWatch(
                ledger,
                new Release(surroundings, ledger, points, new DeviceNodes(dev)),
                this::holders,
                ReleaseRule.DEFAULT,
                () -> now);
        inventory.wish(WISH);
        await()
            .pollInterval(Duration.ofMillis(5))
            .until(() -> inventory.report().wish().equals(WISH));
        await()
            .pollInterval(Duration.ofMillis(5))
            .until(() ->
                inventory.snapshot().devices().stream()
                    .allMatch(device ->
                        device.state() == DeviceState.AVAILABLE
                            || device.state() == DeviceState.ALLOCATED));
      }

      void allocate(String resource, Set<String> ids) throws AllocationException {
        assertThat(allocations.allocate(resource, ids).mounts()).isNotEmpty();
      }

      private DeviceHolders.Listing holders() {
        return new DeviceHolders.Listing(true, Optional.empty(), assigned);
      }

      /** The process is gone, and with it all that it had open. */
      void die() {
        inventory.close();
        points.close();
        node.agentProcess().exit();
      }
    }
  }
}
