package io.vsmmu.hook.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.hook.rewrite.DomainTree.Place;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What must hold of every domain that the hook returns. */
final class SoundTopology {

  private final DomainTree domain;
  private final HostFunctions functions;

  private SoundTopology(DomainTree domain, HostFunctions functions) {
    this.domain = domain;
    this.functions = functions;
  }

  static void check(String xml, HostFunctions functions) {
    var sound = new SoundTopology(DomainTree.of(xml), functions);
    sound.everyAddressIsTakenOnce();
    sound.everyControllerIsPluggedIntoALowerOne();
    sound.busNumbersDoNotOverlap();
    sound.everyDeviceIsBehindTheVsmmuOfItsSmmu();
    sound.vsmmusServeNothingElse();
  }

  private void everyAddressIsTakenOnce() {
    var taken = new HashMap<Place, String>();
    for (var device : DomainTree.children(domain.devices())) {
      var place = DomainTree.place(device);
      if (place != null) {
        assertThat(taken.put(place, device.getTagName())).as("devices at " + place).isNull();
      }
    }
  }

  private void everyControllerIsPluggedIntoALowerOne() {
    domain
        .controllers()
        .forEach((index, controller) -> {
          var place = DomainTree.place(controller);
          if (place != null) {
            assertThat(place.bus()).as("bus of controller " + index).isLessThan(index);
            assertThat(place.bus() == 0 || domain.controllers().containsKey(place.bus()))
                .as("controller %d is plugged into %d, which is not there", index, place.bus())
                .isTrue();
          }
        });
  }

  private void busNumbersDoNotOverlap() {
    var bridges = new HashMap<Integer, Integer>();
    domain
        .controllers()
        .forEach((index, controller) -> {
          if (!DomainTree.isExpander(controller) && index > 0) {
            bridges.merge(domain.rootOf(index), 1, Integer::sum);
          }
        });
    var firsts = new TreeMap<Integer, Integer>(Map.of(0, 0));
    domain
        .controllers()
        .forEach((index, controller) -> {
          if (DomainTree.isExpander(controller)) {
            var busNr = DomainTree.child(controller, "target").getAttribute("busNr");
            if (!busNr.isEmpty()) {
              assertThat(Integer.parseInt(busNr)).as("busNr").isBetween(1, 254);
              assertThat(firsts.put(Integer.parseInt(busNr), index)).as("busNr " + busNr).isNull();
            }
          }
        });
    firsts.forEach((busNr, index) -> {
      var next = firsts.higherKey(busNr);
      assertThat(busNr + bridges.getOrDefault(index, 0))
          .as("last bus number behind controller " + index)
          .isLessThan(next == null ? 256 : next);
    });
  }

  private void everyDeviceIsBehindTheVsmmuOfItsSmmu() {
    var serving = vsmmus();
    var smmus = new HashMap<Integer, String>();
    for (var hostdev : domain.devices("hostdev")) {
      var smmu = smmu(DomainTree.host(hostdev));
      if (smmu == null) {
        continue;
      }
      var place = DomainTree.place(hostdev);
      if (place == null) {
        throw new AssertionError(DomainTree.host(hostdev) + " has no address");
      }
      int root = domain.rootOf(place.bus());
      assertThat(serving).as("buses with a vSMMU").contains(root);
      assertThat(smmus.merge(root, smmu, (one, other) -> one.equals(other) ? one : "several"))
          .as("SMMU of the devices behind bus " + root)
          .isEqualTo(smmu);
    }
    assertThat(new HashSet<>(smmus.values())).as("vSMMUs per SMMU").hasSameSizeAs(smmus.keySet());
  }

  private void vsmmusServeNothingElse() {
    var serving = vsmmus();
    for (var device : DomainTree.children(domain.devices())) {
      var place = DomainTree.place(device);
      boolean ours =
          device.getTagName().equals("controller")
              || device.getTagName().equals("hostdev") && smmu(DomainTree.host(device)) != null;
      if (place != null && !ours) {
        assertThat(serving)
            .as("buses with a vSMMU, of which %s has none", device.getTagName())
            .doesNotContain(domain.rootOf(place.bus()));
      }
    }
  }

  private HashSet<Integer> vsmmus() {
    var buses = new HashSet<Integer>();
    for (var iommu : domain.devices("iommu")) {
      assertThat(iommu.getAttribute("model")).isEqualTo("smmuv3");
      var driver = DomainTree.child(iommu, "driver");
      assertThat(driver.getAttribute("accel")).isEqualTo("on");
      assertThat(buses.add(Integer.parseInt(driver.getAttribute("pciBus"))))
          .as("one vSMMU per bus")
          .isTrue();
    }
    return buses;
  }

  private @Nullable String smmu(String host) {
    return functions.function(PciAddress.parse(host)).map(PciFunction::smmu).orElse(null);
  }
}
