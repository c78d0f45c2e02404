package io.vsmmu.lab.vm.launcher;

import io.vsmmu.iommufd.topology.PciAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The domain of the lab's guest, as virt-launcher writes one before any hook has seen it: host
 * devices without a place, and no PCI controller.
 *
 * @param devices addresses on the host
 * @param memoryMib of the guest
 * @param files folder of firmware.fd, Image and initrd
 * @param console socket of the guest's serial port
 */
record GuestDomain(List<PciAddress> devices, int memoryMib, Path files, Path console) {
  static final String NAME = "default_guest";

  /** What the domain calls the descriptor of its iommufd context. */
  static final String FD_GROUP = "iommu";

  private static final String RESOURCE = "PCI_RESOURCE_";

  GuestDomain {
    devices = List.copyOf(devices);
  }

  /** The devices that a container was given, by its {@code PCI_RESOURCE_} variables. */
  static List<PciAddress> devices(Map<String, String> environment) {
    return new TreeMap<>(environment)
        .tailMap(RESOURCE).entrySet().stream()
            .takeWhile(variable -> variable.getKey().startsWith(RESOURCE))
            .flatMap(variable -> Stream.of(variable.getValue().split(",")))
            .map(PciAddress::parse)
            .toList();
  }

  /** The domain's XML. */
  String xml() {
    return """
    <domain type="kvm" xmlns:qemu="http://libvirt.org/schemas/domain/qemu/1.0">
    	<name>%s</name>
    	<memory unit="MiB">%d</memory>
    	<os>
    		<type arch="aarch64" machine="virt">hvm</type>
    		<loader readonly="yes" secure="no" type="pflash" stateless="yes">%s</loader>
    		<kernel>%s</kernel>
    		<initrd>%s</initrd>
    		<cmdline>console=ttyAMA0 loglevel=2 rdinit=/init</cmdline>
    	</os>
    	<features>
    		<acpi></acpi>
    	</features>
    	<cpu mode="host-passthrough"></cpu>
    	<vcpu placement="static">1</vcpu>
    	<iommufd enabled="yes" fdgroup="%s"></iommufd>
    	<on_crash>destroy</on_crash>
    	<devices>
    		<emulator>/usr/bin/qemu-system-aarch64</emulator>
    %s		<controller type="usb" index="0" model="none"></controller>
    		<controller type="scsi" index="0" model="virtio-non-transitional"></controller>
    		<controller type="virtio-serial" index="0" model="virtio-non-transitional"></controller>
    		<serial type="unix">
    			<target port="0"></target>
    			<source mode="bind" path="%s"></source>
    		</serial>
    		<memballoon model="none"></memballoon>
    	</devices>
    </domain>
    """
        .formatted(
            NAME,
            memoryMib,
            files.resolve("firmware.fd"),
            files.resolve("Image"),
            files.resolve("initrd"),
            FD_GROUP,
            devices.stream().map(GuestDomain::hostDevice).collect(Collectors.joining()),
            console);
  }

  private static String hostDevice(PciAddress device) {
    return """
    		<hostdev type="pci" managed="no" mode="subsystem">
    			<source>
    				<address domain="0x%04x" bus="0x%02x" slot="0x%02x" function="0x%x"></address>
    			</source>
    		</hostdev>
    """
        .formatted(device.domain(), device.bus(), device.device(), device.function());
  }
}
