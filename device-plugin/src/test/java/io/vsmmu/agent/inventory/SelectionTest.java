package io.vsmmu.agent.inventory;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.agent.inventory.Selection.Unit;
import io.vsmmu.agent.probe.Obstacle;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.iommufd.topology.NodeTopology;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.PciFunction;
import io.vsmmu.iommufd.topology.ReservedRegion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectionTest {

  private static final String SMMU = "smmu3.0x000000000c000000";

  private final List<PciFunction> functions = new ArrayList<>();

  @ParameterizedTest
  @CsvSource({
    "8086,    ,       ,             ,             ,                         true",
    "10de,    ,       ,             ,             ,                         false",
    "8086,    10d3,   ,             ,             ,                         true",
    "8086,    1533,   ,             ,             ,                         false",
    ",        ,       0200,         ,             ,                         true",
    ",        ,       020000,       ,             ,                         true",
    ",        ,       020001,       ,             ,                         false",
    ",        ,       0300,         ,             ,                         false",
    ",        ,       ,             0000:09:00.0, ,                         true",
    ",        ,       ,             0000:0a:00.0, ,                         false",
    ",        ,       ,             ,             0000:08:00.0,             true",
    ",        ,       ,             ,             0000:07:00.0,             false",
  })
  void fieldsOfASelectorMustAllMatch(
      @Nullable String vendor,
      @Nullable String device,
      @Nullable String pciClass,
      @Nullable String address,
      @Nullable String pfAddress,
      boolean selected) {
    add(new Function("0000:09:00.0").virtualFunctionOf("0000:08:00.0"));

    var selection =
        select(
            ResourceSpec.of(
                "vsmmu.io/nic",
                new DeviceSelector(vendor, device, pciClass, address, pfAddress, null)));

    assertThat(selection.units()).hasSize(selected ? 1 : 0);
  }

  @Test
  void devicesAreSelectedByTheirSmmu() {
    add(new Function("0000:09:00.0"));
    add(new Function("0000:0a:00.0").group(2).smmu("smmu3.0x000000000c020000"));

    assertThat(
            select(
                    ResourceSpec.of(
                        "vsmmu.io/nic", new DeviceSelector(null, null, null, null, null, SMMU)))
                .units())
        .extracting(unit -> unit.first().address().toString())
        .containsExactly("0000:09:00.0");
  }

  @Test
  void anyOfTheSelectorsSuffices() {
    add(new Function("0000:09:00.0"));
    add(new Function("0000:0a:00.0").group(2).ids(0x10de, 0x2941));

    assertThat(
            select(
                    ResourceSpec.of(
                        "vsmmu.io/any",
                        DeviceSelector.ofVendor("10de"),
                        DeviceSelector.ofVendor("8086")))
                .units())
        .hasSize(2);
  }

  @Test
  void theSelectedFunctionsOfAGroupAreOneUnit() {
    add(new Function("0000:09:00.1"));
    add(new Function("0000:09:00.0"));
    add(new Function("0000:0a:00.0").group(2));

    assertThat(select(nics()).units())
        .extracting(unit -> unit.functions().stream().map(f -> f.address().toString()).toList())
        .containsExactly(List.of("0000:09:00.0", "0000:09:00.1"), List.of("0000:0a:00.0"));
  }

  @Test
  void bridgesAreNeverSelected() {
    add(new Function("0000:08:00.0").pciClass(0x060400));
    add(new Function("0000:09:00.0"));

    assertThat(select(nics()).units())
        .singleElement()
        .satisfies(unit -> assertThat(unit.functions()).hasSize(1));
  }

  @Test
  void aDeviceThatTwoResourcesSelectIsReportedNotGuessed() {
    add(new Function("0000:09:00.0"));

    var selection =
        select(nics(), ResourceSpec.of("vsmmu.io/intel", DeviceSelector.ofVendor("8086")));

    assertThat(obstacleOfOnly(selection).reason()).isEqualTo("SelectedTwice");
    assertThat(obstacleOfOnly(selection).message())
        .contains("0000:09:00.0", "vsmmu.io/nic and vsmmu.io/intel");
    assertThat(selection.remarks()).contains(obstacleOfOnly(selection).message());
  }

  @Test
  void aGroupThatTwoResourcesShareIsReported() {
    add(new Function("0000:09:00.0"));
    add(new Function("0000:09:00.1").ids(0x10de, 0x2941));

    var selection =
        select(
            ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofVendor("8086")),
            ResourceSpec.of("vsmmu.io/gpu", DeviceSelector.ofVendor("10de")));

    assertThat(selection.units())
        .hasSize(2)
        .allSatisfy(
            unit -> assertThat(requireNonNull(unit.obstacle()).reason()).isEqualTo("GroupTorn"));
  }

  @Test
  void aResourceThatSelectsNothingIsReported() {
    assertThat(select(nics()).remarks())
        .containsExactly(
            "vsmmu.io/nic selects no device of this node with {vendor: 8086, device: 10d3}");
  }

  @Test
  void aSelectorThatMeansNothingIsReportedBesideOneThatDoes() {
    add(new Function("0000:09:00.0"));

    var selection =
        select(
            ResourceSpec.of(
                "vsmmu.io/nic",
                DeviceSelector.ofVendor("8086"),
                new DeviceSelector(null, null, null, "0000:90:00.0", null, null)));

    assertThat(selection.units()).hasSize(1);
    assertThat(selection.remarks())
        .containsExactly(
            "vsmmu.io/nic selects no device of this node with {pciAddress: 0000:90:00.0}");
  }

  @Test
  void aSelectorOfBridgesOnlyIsReported() {
    add(new Function("0000:08:00.0").pciClass(0x060400));

    assertThat(select(nics()).remarks()).singleElement().asString().contains("nothing but bridges");
  }

  @Test
  void aResourceWhoseDevicesAreAllAnothersToo() {
    add(new Function("0000:09:00.0"));

    assertThat(
            select(nics(), ResourceSpec.of("vsmmu.io/intel", DeviceSelector.ofVendor("8086")))
                .remarks())
        .noneMatch(remark -> remark.contains("no device"));
  }

  @Test
  void aDeviceWithoutResetIsUsedOnlyByConsent() {
    add(new Function("0000:09:00.0").withoutReset());

    assertThat(obstacleOfOnly(select(nics())).reason()).isEqualTo("NoReset");

    var consenting =
        new ResourceSpec(
            "vsmmu.io/nic", nics().selectors(), null, null, null, null, null, null, true);
    assertThat(select(consenting).units()).singleElement().matches(unit -> unit.obstacle() == null);
  }

  @Test
  void aDeviceBehindNoSmmuCannotBeUsed() {
    add(new Function("0000:09:00.0").smmu(null));

    assertThat(obstacleOfOnly(select(nics())).reason()).isEqualTo("NoIommu");
  }

  @Test
  void aDeviceWithADirectMappingCannotBeUsed() {
    add(
        new Function("0000:09:00.0")
            .region(new ReservedRegion(0x80000000L, 0x8fffffffL, "direct")));

    assertThat(obstacleOfOnly(select(nics())).reason()).isEqualTo("DirectReservedRegion");
  }

  @Test
  void whatSysfsGarbledIsToldWithTheDevice() {
    add(new Function("0000:09:00.0").fault("numa_node reads 'two', not a number"));

    assertThat(obstacleOfOnly(select(nics())))
        .isEqualTo(
            new Obstacle(
                "SysfsUnreadable",
                "0000:09:00.0: sysfs is not as it should be: numa_node reads 'two', not a"
                    + " number"));
  }

  private static ResourceSpec nics() {
    return ResourceSpec.of("vsmmu.io/nic", DeviceSelector.ofIds("8086", "10d3"));
  }

  private void add(Function function) {
    functions.add(function.build());
  }

  private Selection select(ResourceSpec... resources) {
    return Selection.of(NodeTopology.of(functions, List.of(), List.of()), List.of(resources));
  }

  private static Obstacle obstacleOfOnly(Selection selection) {
    assertThat(selection.units()).hasSize(1);
    Unit unit = selection.units().getFirst();
    return requireNonNull(unit.obstacle());
  }

  /** A NIC in group 1 behind the SMMU, unless said otherwise. */
  private static final class Function {
    private final PciAddress address;
    private int vendor = 0x8086;
    private int device = 0x10d3;
    private int pciClass = 0x020000;
    private int group = 1;
    private @Nullable String smmu = SMMU;
    private @Nullable PciAddress physicalFunction;
    private final List<ReservedRegion> regions = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private List<String> resetMethods = List.of("flr");

    Function(String address) {
      this.address = PciAddress.parse(address);
    }

    Function ids(int vendorId, int deviceId) {
      vendor = vendorId;
      device = deviceId;
      return this;
    }

    Function pciClass(int code) {
      pciClass = code;
      return this;
    }

    Function group(int number) {
      group = number;
      return this;
    }

    Function smmu(@Nullable String name) {
      smmu = name;
      return this;
    }

    Function virtualFunctionOf(String pf) {
      physicalFunction = PciAddress.parse(pf);
      return this;
    }

    Function region(ReservedRegion region) {
      regions.add(region);
      return this;
    }

    Function withoutReset() {
      resetMethods = List.of();
      return this;
    }

    Function fault(String text) {
      faults.add(text);
      return this;
    }

    PciFunction build() {
      return new PciFunction(
          address,
          vendor,
          device,
          pciClass,
          "e1000e",
          null,
          group,
          null,
          smmu,
          null,
          physicalFunction,
          null,
          List.of(),
          resetMethods,
          regions,
          faults);
    }
  }
}
