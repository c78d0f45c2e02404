package io.vsmmu.agent.kubelet;

import static io.vsmmu.agent.kubelet.FakeInventory.device;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.inventory.Device;
import io.vsmmu.agent.inventory.DeviceState;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PreferredDevicesTest {
  private final List<Device> devices = new ArrayList<>();

  @Test
  void takesTheSmmuThatGivesAllWithTheLeastLeftOver() {
    behind("a", 1, 5);
    behind("b", 2, 3);
    behind("c", 3, 2);
    assertThat(choose(2)).isEqualTo(ids("03:00.0", "03:01.0"));
    assertThat(choose(3)).isEqualTo(ids("02:00.0", "02:01.0", "02:02.0"));
    assertThat(choose(4)).hasSize(4).allMatch(id -> id.startsWith("0000:01:"));
  }

  @Test
  void needsAsFewSmmusAsThereCanBe() {
    behind("a", 1, 2);
    behind("b", 2, 4);
    behind("c", 3, 3);
    assertThat(smmus(choose(7))).containsExactlyInAnyOrder("b", "c");
    assertThat(smmus(choose(6))).containsExactlyInAnyOrder("b", "a");
    assertThat(smmus(choose(9))).hasSize(3);
  }

  @Test
  void staysBehindTheSmmuOfWhatMustBeIncluded() {
    behind("a", 1, 2);
    behind("b", 2, 4);
    assertThat(choose(2, "0000:01:01.0")).isEqualTo(ids("01:01.0", "01:00.0"));
    assertThat(smmus(choose(3, "0000:01:01.0"))).containsExactlyInAnyOrder("a", "b");
  }

  @Test
  void prefersTheNumaNodeOfWhatMustBeIncluded() {
    behind("a", 1, 1, 7);
    behind("b", 2, 1, 0);
    behind("c", 3, 1, 7);
    assertThat(choose(2, "0000:03:00.0")).isEqualTo(ids("03:00.0", "01:00.0"));
  }

  @Test
  void takesTheNearSmmuEvenIfAFarOneFitsBetter() {
    behind("a", 1, 1, 7);
    behind("b", 2, 1, 0);
    behind("c", 3, 5, 7);
    assertThat(smmus(choose(2, "0000:01:00.0"))).containsExactlyInAnyOrder("a", "c");
  }

  @Test
  void aDeviceWithoutNumaNodeIsNoBetterThanOneWithWhenNothingIsChosenYet() {
    behind("a", 1, 3, null);
    behind("b", 2, 2, 0);
    assertThat(smmus(choose(2))).containsExactly("b");
  }

  @Test
  void needsFewRootPortsAmongTheDevicesOfAnSmmu() {
    below("0000:00:01.0", "0000:01:00.0", "0000:01:00.1");
    below("0000:00:02.0", "0000:02:00.0", "0000:02:00.1", "0000:02:00.2");
    below("0000:00:03.0", "0000:03:00.0");
    assertThat(choose(1)).isEqualTo(ids("03:00.0"));
    assertThat(choose(2)).isEqualTo(ids("01:00.0", "01:00.1"));
    assertThat(choose(3)).isEqualTo(ids("02:00.0", "02:00.1", "02:00.2"));
    assertThat(choose(2, "0000:02:00.1")).isEqualTo(ids("02:00.1", "02:00.0"));
  }

  @Test
  void givesWhatThereIsAndKnowsNothingOfVanishedDevices() {
    behind("a", 1, 1);
    var preferred = new PreferredDevices(devices);
    assertThat(preferred.choose(List.of("0000:01:00.0", "0000:99:00.0"), List.of(), 3))
        .isEqualTo(ids("01:00.0", "99:00.0"));
    assertThat(preferred.choose(List.of(), List.of(), 1)).isEmpty();
    assertThat(preferred.choose(List.of("0000:01:00.0"), List.of(), 0)).isEmpty();
  }

  private void below(String rootPort, String... addresses) {
    for (String address : addresses) {
      devices.add(device("vsmmu.io/nic", address, DeviceState.AVAILABLE, "smmu", null, rootPort));
    }
  }

  private void behind(String smmu, int bus, int count) {
    behind(smmu, bus, count, null);
  }

  private void behind(String smmu, int bus, int count, @Nullable Integer numaNode) {
    IntStream.range(0, count)
        .mapToObj(slot -> "0000:%02x:%02x.0".formatted(bus, slot))
        .map(id -> device("vsmmu.io/nic", id, DeviceState.AVAILABLE, smmu, numaNode))
        .forEach(devices::add);
  }

  private SequencedSet<String> choose(int size, String... required) {
    return new PreferredDevices(devices)
        .choose(devices.stream().map(Device::id).toList(), List.of(required), size);
  }

  private Set<String> smmus(SequencedSet<String> ids) {
    return devices.stream()
        .filter(device -> ids.contains(device.id()))
        .map(device -> String.valueOf(device.smmu()))
        .collect(Collectors.toSet());
  }

  private static Set<String> ids(String... shortIds) {
    return IntStream.range(0, shortIds.length)
        .mapToObj(i -> "0000:" + shortIds[i])
        .collect(Collectors.toSet());
  }
}
