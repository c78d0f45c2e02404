package io.vsmmu.agent.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.throwable;

import io.vsmmu.agent.TestNode;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import io.vsmmu.iommufd.topology.PciAddress;
import io.vsmmu.iommufd.topology.Sysfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BinderTest {

  private static final String GPU = "0008:06:00.0";
  private static final String NIC = "0000:03:00.0";
  private static final String VF = "0000:03:00.1";

  /** A card of one function, so that only its use is in the way. */
  private static final String CARD = "0001:01:00.0";

  private static final String VFIO = "vfio-pci";

  private static final DiskClaims NO_CLAIMS = _ -> false;

  @TempDir Path folder;
  private TestNode node;
  private Binder binder;

  @BeforeEach
  void devicesOnTheirHostDrivers() throws IOException {
    node = new TestNode(folder, SimulatedNode.graceLike());
    binder = node.binder();
  }

  @Test
  void aDeviceMovesToVfioAndBack() throws Exception {
    bind(GPU);

    assertThat(node.function(GPU).driver()).isEqualTo(VFIO);
    assertThat(node.function(GPU).driverOverride()).isEqualTo(VFIO);
    assertThat(node.function(GPU).onVfio()).isTrue();
    assertThat(binder.boundByUs()).containsExactly(PciAddress.parse(GPU));

    giveBack(GPU);

    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    assertThat(node.function(GPU).driverOverride()).isNull();
    assertThat(binder.boundByUs()).isEmpty();
  }

  @Test
  void aDeviceWithoutDriverIsGivenBackWithoutOne() throws Exception {
    node.sysfs().write("bus/pci/devices/" + GPU + "/driver/unbind", GPU);

    bind(GPU);
    giveBack(GPU);

    assertThat(node.function(GPU).driver()).isNull();
  }

  @Test
  void anOverrideOfTheOwnerIsRestored() throws Exception {
    node.sysfs().write("bus/pci/devices/" + GPU + "/driver_override", "nvidia");

    bind(GPU);
    giveBack(GPU);

    assertThat(node.function(GPU).driverOverride()).isEqualTo("nvidia");
    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
  }

  @Test
  void aDeviceThatWasOnVfioIsNeverGivenBack() throws Exception {
    node.sysfs().write("bus/pci/devices/" + GPU + "/driver_override", VFIO);
    node.sysfs().write("bus/pci/devices/" + GPU + "/driver/unbind", GPU);
    node.sysfs().write("bus/pci/drivers_probe", GPU);

    bind(GPU);
    assertThat(binder.boundByUs()).isEmpty();
    giveBack(GPU);

    assertThat(node.function(GPU).driver()).isEqualTo(VFIO);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nouveau", "pci-stub"})
  void whatItsOwnerMovedToAnotherDriverStaysThere(String driver) throws Exception {
    bind(GPU);
    moveByHand(GPU, driver);

    assertThat(binder.original(node.function(GPU))).hasValue(driver);
    giveBack(GPU);

    assertThat(node.function(GPU).driver()).isEqualTo(driver);
    assertThat(node.function(GPU).driverOverride()).isEqualTo(driver);
    assertThat(binder.boundByUs()).isEmpty();
  }

  @Test
  void whatItsOwnerMovedToAnotherDriverAndSelectsAgainIsGivenBackToThatOne() throws Exception {
    bind(GPU);
    moveByHand(GPU, "nouveau");

    bind(GPU);
    binder = node.binder();
    giveBack(GPU);

    assertThat(node.function(GPU).driver()).isEqualTo("nouveau");
  }

  @Test
  void aDeviceWhoseOverrideOnlyWasWrittenLosesItAndStaysWithTheHost() throws Exception {
    bind(GPU);
    moveByHand(GPU, "nvidia");
    node.sysfs().write("bus/pci/devices/" + GPU + "/driver_override", VFIO);

    giveBack(GPU);

    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    assertThat(node.function(GPU).driverOverride()).isNull();
    assertThat(binder.boundByUs()).isEmpty();
  }

  @Test
  void anotherAgentOfTheSameBootGivesBackWhatThisOneBound() throws Exception {
    bind(GPU);

    binder = node.binder();
    assertThat(binder.boundByUs()).containsExactly(PciAddress.parse(GPU));
    giveBack(GPU);

    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
  }

  @Test
  void afterARebootNothingIsToBeGivenBack() throws Exception {
    bind(GPU);

    binder =
        Binder.open(
            node.sysfs(), node.proc(), NO_CLAIMS, node.state().resolve("drivers"), "next boot");

    assertThat(binder.boundByUs()).isEmpty();
    assertThat(node.state().resolve("drivers")).isEmptyDirectory();
  }

  @Test
  void aMissingDriverIsNamedWithItsCure() {
    refused(GPU, "nvgrace_gpu_vfio_pci", "DriverMissing")
        .hasMessageContaining("modprobe nvgrace_gpu_vfio_pci");
    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
  }

  @ParameterizedTest
  @CsvSource({"nvgrace-gpu-vfio-pci, nvgrace_gpu_vfio_pci", "hisi_acc_vfio_pci, hisi-acc-vfio-pci"})
  void aDriverThatIsNotCalledAsItsModuleIsNamedAsItIsCalled(String asked, String loaded)
      throws IOException {
    load(loaded);

    refused(GPU, asked, "DriverMissing").hasMessageContaining("driver: " + loaded);
  }

  @Test
  void aVariantDriverIsBoundByItsName() throws Exception {
    load("mlx5_vfio_pci");

    binder.bind(node.function(VF), "mlx5_vfio_pci");

    assertThat(node.function(VF).driver()).isEqualTo("mlx5_vfio_pci");
    assertThat(node.function(VF).onVfio()).isTrue();

    giveBack(VF);
    assertThat(node.function(VF).driver()).isEqualTo("mlx5_core");
  }

  @Test
  void whatWeMovedToOneVfioDriverMovesOnToAnother() throws Exception {
    load("nvgrace_gpu_vfio_pci");
    bind(GPU);

    binder.bind(node.function(GPU), "nvgrace_gpu_vfio_pci");
    assertThat(node.function(GPU).driver()).isEqualTo("nvgrace_gpu_vfio_pci");

    giveBack(GPU);
    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
  }

  @Test
  void whatSomebodyElsePutOnAnotherVfioDriverStays() throws Exception {
    load("nvgrace_gpu_vfio_pci");
    node.sysfs().write("bus/pci/devices/" + GPU + "/driver_override", VFIO);
    node.sysfs().write("bus/pci/devices/" + GPU + "/driver/unbind", GPU);
    node.sysfs().write("bus/pci/drivers_probe", GPU);

    refused(GPU, "nvgrace_gpu_vfio_pci", "OtherVfioDriver")
        .hasMessageContaining("driver: vfio-pci");
  }

  @Test
  void aPhysicalFunctionWithVirtualOnesStays() {
    refused(NIC, VFIO, "VirtualFunctionsEnabled")
        .hasMessageContaining("its 2 virtual functions would vanish")
        .hasMessageContaining("pfAddress: " + NIC);
  }

  @Test
  void aVirtualFunctionMoves() throws Exception {
    bind(VF);

    assertThat(node.function(VF).driver()).isEqualTo(VFIO);
    assertThat(node.function(NIC).driver()).isEqualTo("mlx5_core");
  }

  @Test
  void whatWouldBeRefusedIsToldWithoutTrying() {
    assertThat(binder.refusal(node.function(GPU), VFIO)).isEmpty();
    assertThat(binder.refusal(node.function(NIC), VFIO))
        .hasValueSatisfying(
            refusal -> assertThat(refusal.reason()).isEqualTo("VirtualFunctionsEnabled"));
    assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
  }

  @Test
  void whoOnlyLooksKnowsWhatIsBoundAndMovesNothing() throws Exception {
    bind(GPU);

    var looking =
        Binder.look(
            node.sysfs(), node.proc(), NO_CLAIMS, node.state().resolve("drivers"), TestNode.BOOT);

    assertThat(looking.boundByUs()).containsExactly(PciAddress.parse(GPU));
    assertThat(looking.original(node.function(GPU))).hasValue("nvidia");
    assertThatThrownBy(() -> looking.bind(node.function(VF), VFIO))
        .isInstanceOf(BindingException.class);
    assertThat(node.function(VF).driver()).isEqualTo("mlx5_core");
  }

  @Nested
  class InUse {

    @Test
    void aNicWithARouteStays() {
      node.netdev(CARD, "eth0");
      node.write("1/net/route", "Iface Destination Gateway\neth0 00000000 0101A8C0\n");

      refused(CARD, VFIO, "InUse").hasMessageContaining("eth0 has an address or the default route");
    }

    @Test
    void aNicWithAGlobalIpv6AddressStays() {
      node.netdev(CARD, "eth0");
      node.write("1/net/if_inet6", "20010db8000000000000000000000001 02 40 00 80 eth0\n");

      refused(CARD, VFIO, "InUse").hasMessageContaining("eth0 has an IPv6 address");
    }

    @Test
    void aNicInABridgeStays() throws IOException {
      node.netdev(CARD, "eth0");
      Files.createSymbolicLink(
          node.sys().resolve("class/net/eth0/master"), Path.of("../../virtual/net/br0"));

      refused(CARD, VFIO, "InUse").hasMessageContaining("eth0 is part of br0");
    }

    @Test
    void aNicThatCarriesAVlanStays() throws IOException {
      // The address and the route are the VLAN's, which sits below no function.
      node.netdev(CARD, "eth0");
      Files.createSymbolicLink(
          node.sys().resolve("class/net/eth0/upper_eth0.100"),
          Path.of("../../../../virtual/net/eth0.100"));
      node.write("1/net/route", "Iface Destination Gateway\neth0.100 00000000 0101A8C0\n");

      refused(CARD, VFIO, "InUse").hasMessageContaining("eth0 carries eth0.100");
    }

    @Test
    void aNicThatAContainerHasStays() throws IOException {
      node.netdev(CARD, "eth0");
      Files.delete(node.sys().resolve("class/net/eth0"));
      Files.delete(node.sys().resolve("bus/pci/devices").resolve(CARD).resolve("net/eth0"));

      refused(CARD, VFIO, "InUse").hasMessageContaining("in another network namespace");
    }

    @Test
    void aNicWithALinkLocalAddressOnlyMoves() throws Exception {
      node.netdev(CARD, "eth0");
      node.write("1/net/if_inet6", "fe800000000000000000000000000001 02 40 20 80 eth0\n");
      node.write("1/net/route", "Iface Destination Gateway\neth1 00000000 0101A8C0\n");

      bind(CARD);

      assertThat(node.function(CARD).driver()).isEqualTo(VFIO);
    }

    @Test
    void aKernelWithoutIpv6AndSwapHasNeitherInUse() throws Exception {
      node.netdev(CARD, "eth0");
      Files.delete(node.proc().resolve("1/net/if_inet6"));
      node.disk(GPU, "nvme0n1", "259:0");
      Files.delete(node.proc().resolve("swaps"));

      bind(CARD);
      bind(GPU);

      assertThat(node.function(CARD).driver()).isEqualTo(VFIO);
      assertThat(node.function(GPU).driver()).isEqualTo(VFIO);
    }

    @Test
    void whatSitsBelowAFunctionIsNotTakenForAnothers() throws Exception {
      node.netdev(CARD, "eth0");
      node.write("1/net/route", "Iface Destination Gateway\neth0 00000000 0101A8C0\n");

      bind(GPU);

      assertThat(node.function(GPU).driver()).isEqualTo(VFIO);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "31 1 259:0 / / rw,relatime shared:1 - ext4 /dev/root rw",
          "31 1 0:25 / / rw,relatime shared:1 - btrfs /dev/nvme0n1 rw"
        })
    void aMountedDiskStays(String mount) {
      node.disk(GPU, "nvme0n1", "259:0");
      node.write("1/mountinfo", mount + "\n");

      refused(GPU, VFIO, "InUse").hasMessageContaining("nvme0n1 is mounted at /");
    }

    @Test
    void aFurtherDiskOfAMountedBtrfsStays() throws IOException {
      node.disk(GPU, "nvme1n1", "259:1");
      node.write("1/mountinfo", "31 1 0:25 / /data rw,relatime - btrfs /dev/nvme0n1 rw\n");
      Files.createDirectories(
          node.sys().resolve("fs/btrfs/2d7f6e4c-5a51-4c3b-9a55-0d3f6f1c8e21/devices/nvme1n1"));

      refused(GPU, VFIO, "InUse")
          .hasMessageContaining("nvme1n1 is part of the mounted btrfs filesystem 2d7f6e4c");
    }

    @Test
    void aDiskThatIsSwappedToStays() {
      node.disk(GPU, "nvme0n1", "259:0");
      node.write("swaps", "Filename Type Size Used Priority\n/dev/nvme0n1 partition 1 0 -2\n");

      refused(GPU, VFIO, "InUse").hasMessageContaining("swapoff /dev/nvme0n1");
    }

    @Test
    void aDiskThatAnotherDeviceHoldsStays() throws IOException {
      node.disk(GPU, "nvme0n1", "259:0");
      Files.createDirectories(node.sys().resolve("class/block/nvme0n1/holders/dm-0"));

      refused(GPU, VFIO, "InUse").hasMessageContaining("held by dm-0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nvme0n1", "nvme0n1p2"})
    void aDiskThatSomebodyClaimsStays(String claimed) throws IOException {
      node.disk(GPU, "nvme0n1", "259:0");
      node.disk(GPU, "nvme0n1p2", "259:2");
      binder = binder(claimed::equals);

      refused(GPU, VFIO, "InUse")
          .hasMessageContaining("its block device " + claimed + " is claimed");
    }

    @Test
    void aClaimIsToldAsTheMountThatMadeIt() throws IOException {
      node.disk(GPU, "nvme0n1", "259:0");
      node.disk(GPU, "nvme0n1p2", "259:2");
      node.write("1/mountinfo", "31 1 259:2 / /data rw,relatime - ext4 /dev/nvme0n1p2 rw\n");
      binder = binder(_ -> true);

      refused(GPU, VFIO, "InUse").hasMessageContaining("nvme0n1p2 is mounted at /data");
    }

    @Test
    void aDiskThatCannotBeAskedIsTakenForInUse() throws IOException {
      node.disk(GPU, "nvme0n1", "259:0");
      binder =
          binder(name -> {
            throw new IOException("/dev/%s cannot be opened (EACCES)".formatted(name));
          });

      refused(GPU, VFIO, "InUseUnknown").hasMessageContaining("/dev/nvme0n1 cannot be opened");
    }

    private Binder binder(DiskClaims disks) throws IOException {
      return Binder.open(
          node.sysfs(), node.proc(), disks, node.state().resolve("drivers"), TestNode.BOOT);
    }

    @Test
    void anUnusedNamespaceOfAMultipathDiskMoves() throws Exception {
      multipath(GPU);

      bind(GPU);

      assertThat(node.function(GPU).driver()).isEqualTo(VFIO);
    }

    @Test
    void aMountedNamespaceOfAMultipathDiskStays() throws IOException {
      multipath(GPU);
      node.write("1/mountinfo", "31 1 259:0 / / rw,relatime shared:1 - ext4 /dev/root rw\n");

      refused(GPU, VFIO, "InUse").hasMessageContaining("nvme0n1 is mounted at /");
    }

    /** The path sits below the controller and has no number, the namespace below the subsystem. */
    private void multipath(String address) throws IOException {
      node.disk(address, "nvme0c0n1", "");
      var path = node.sys().resolve("class/block/nvme0c0n1").toRealPath();
      Files.delete(path.resolve("dev"));
      var subsystem = node.sys().resolve("devices/virtual/nvme-subsystem/nvme-subsys0");
      var namespace = Files.createDirectories(subsystem.resolve("nvme0n1"));
      Files.writeString(namespace.resolve("dev"), "259:0\n");
      Files.createSymbolicLink(subsystem.resolve("nvme0"), path.resolve("..").normalize());
      Files.createSymbolicLink(node.sys().resolve("class/block/nvme0n1"), namespace);
    }

    @Test
    void whatCannotBeToldIsTakenForInUse() throws IOException {
      node.netdev(CARD, "eth0");
      Files.delete(node.proc().resolve("1/net/route"));

      refused(CARD, VFIO, "InUseUnknown").hasMessageContaining("route");
    }
  }

  @Nested
  class WhenTheKernelRefuses {

    private final List<String> writes = new ArrayList<>();

    @Test
    void theDeviceIsBackOnItsDriver() throws IOException {
      binder = node.binder(failing("drivers_probe"));

      refused(GPU, VFIO, "BindFailed").hasMessageContaining("ENODEV");

      assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
      assertThat(node.function(GPU).driverOverride()).isNull();
      assertThat(binder.boundByUs()).isEmpty();
    }

    @Test
    void aDriverThatDoesNotTakeTheDeviceIsNoticed() throws IOException {
      binder = node.binder(ignoring("drivers_probe"));

      refused(GPU, VFIO, "BindFailed").hasMessageContaining("reads back as on no driver");

      assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    }

    @Test
    void onTheWayToAnotherVfioDriverItIsBackOnTheFormerAndStillOurs() throws Exception {
      load("nvgrace_gpu_vfio_pci");
      bind(GPU);
      binder = node.binder(failing("drivers_probe"));

      refused(GPU, "nvgrace_gpu_vfio_pci", "BindFailed");

      assertThat(node.function(GPU).driver()).isEqualTo(VFIO);
      giveBack(GPU);
      assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    }

    @Test
    void aFailedGiveBackCanBeTriedAgain() throws Exception {
      bind(GPU);
      binder = node.binder(failing("driver/unbind"));

      assertThatThrownBy(() -> giveBack(GPU))
          .isInstanceOf(BindingException.class)
          .hasMessageContaining("cannot be given back to nvidia");
      assertThat(binder.boundByUs()).containsExactly(PciAddress.parse(GPU));

      giveBack(GPU);
      assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    }

    @Test
    void aDriverThatWasUnloadedMeanwhileIsNamedWithItsCure() throws Exception {
      bind(GPU);
      var driver = node.sys().resolve("bus/pci/drivers/nvidia");
      Files.delete(driver.resolve("unbind"));
      Files.delete(driver);

      assertThatThrownBy(() -> giveBack(GPU))
          .isInstanceOf(BindingException.class)
          .hasMessageContaining("modprobe nvidia");

      load("nvidia");
      giveBack(GPU);
      assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    }

    @Test
    void withoutARecordOnDiskNothingMoves() throws IOException {
      Path drivers = node.state().resolve("drivers");
      Files.delete(drivers);
      Files.createFile(drivers);

      refused(GPU, VFIO, "StateNotWritable");

      assertThat(node.function(GPU).driver()).isEqualTo("nvidia");
    }

    /** Refuses the first write to an attribute. */
    private Sysfs failing(String attribute) {
      return intercepting(attribute, true);
    }

    /** Swallows the first write to an attribute. */
    private Sysfs ignoring(String attribute) {
      return intercepting(attribute, false);
    }

    private Sysfs intercepting(String attribute, boolean fail) {
      return new Sysfs() {
        @Override
        public Path root() {
          return node.sys();
        }

        @Override
        public void write(String path, String value) throws IOException {
          if (path.endsWith(attribute) && !writes.contains(path)) {
            writes.add(path);
            if (fail) {
              throw new IOException("cannot write to " + path + ": ENODEV");
            }
            return;
          }
          node.sysfs().write(path, value);
        }
      };
    }
  }

  /** As modprobe does. */
  private void load(String driver) throws IOException {
    Files.createDirectories(node.sys().resolve("bus/pci/drivers").resolve(driver));
  }

  /** As driverctl does. */
  private void moveByHand(String address, String driver) throws IOException {
    load(driver);
    node.sysfs().write("bus/pci/devices/" + address + "/driver_override", driver);
    node.sysfs().write("bus/pci/devices/" + address + "/driver/unbind", address);
    node.sysfs().write("bus/pci/drivers_probe", address);
  }

  private void bind(String address) throws BindingException {
    binder.bind(node.function(address), VFIO);
  }

  private void giveBack(String address) throws BindingException {
    binder.giveBack(PciAddress.parse(address));
  }

  private AbstractThrowableAssert<?, BindingException> refused(
      String address, String driver, String reason) {
    var before = node.function(address).driver();
    var thrown =
        assertThatThrownBy(() -> binder.bind(node.function(address), driver))
            .asInstanceOf(throwable(BindingException.class))
            .hasMessageContaining(address)
            .matches(e -> e.reason().equals(reason), "has reason " + reason);
    assertThat(node.function(address).driver()).isEqualTo(before);
    return thrown;
  }
}
