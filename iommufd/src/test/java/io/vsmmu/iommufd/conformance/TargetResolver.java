package io.vsmmu.iommufd.conformance;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Hands out a fresh simulated machine of the kind that a test {@link Needs}, or the running kernel
 * with the devices in the system property {@code vsmmu.conformance.devices}: {@code
 * PCI-ADDRESS=CDEV=SMMU}, separated by commas. The running kernel is taken for one of {@link
 * Ground#NESTING}; the property {@code vsmmu.conformance.grounds} says otherwise (names, separated
 * by commas). Rows that it cannot produce are aborted.
 */
final class TargetResolver implements BeforeEachCallback, ParameterResolver {
  private static final String DEVICES = "vsmmu.conformance.devices";
  private static final String GROUNDS = "vsmmu.conformance.grounds";
  private static final Path PCI = Path.of("/sys/bus/pci/devices");

  /** Here, since an abort while parameters are resolved counts as a failure. */
  @Override
  public void beforeEach(ExtensionContext context) {
    Ground need = need(context);
    if (System.getProperty(DEVICES) != null
        && !List.of(System.getProperty(GROUNDS, Ground.NESTING.name()).split(",", -1))
            .contains(need.name())) {
      throw KernelUnderTest.notProduced("a machine with " + need);
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == KernelUnderTest.class || type == Session.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    KernelUnderTest target =
        context
            .getStore(
                ExtensionContext.Namespace.create(TargetResolver.class, context.getUniqueId()))
            .computeIfAbsent(
                KernelUnderTest.class, key -> target(need(context)), KernelUnderTest.class);
    if (parameter.getParameter().getType() == KernelUnderTest.class) {
      return target;
    }
    // Closed with the store, at the end of the test.
    return context
        .getStore(ExtensionContext.Namespace.create(TargetResolver.class, context.getUniqueId()))
        .computeIfAbsent(Session.class, key -> new Session(target), Session.class);
  }

  private static Ground need(ExtensionContext context) {
    return AnnotationSupport.findAnnotation(context.getTestMethod(), Needs.class)
        .or(() -> AnnotationSupport.findAnnotation(context.getTestClass(), Needs.class))
        .map(Needs::value)
        .orElse(Ground.NESTING);
  }

  static KernelUnderTest target(Ground need) {
    @Nullable String devices = System.getProperty(DEVICES);
    return devices == null ? simulated(need) : linux(devices);
  }

  private static KernelUnderTest simulated(Ground ground) {
    SimulatedNode node = ground.simulated();
    Map<TreeDevice, Integer> devices = new LinkedHashMap<>();
    node.devices().stream()
        .filter(device -> SimulatedNode.VFIO_PCI.equals(device.driver()))
        .forEach(device ->
            devices.put(
                new TreeDevice(
                    device.pciAddress(),
                    SimulatedMachine.VFIO_DEVICES.resolve(device.cdev()),
                    device.smmu()),
                device.group()));
    return new KernelUnderTest(
        new SimulatedKernel(node), SimulatedMachine.IOMMU, KernelUnderTest.grouped(devices));
  }

  private static KernelUnderTest linux(String devices) {
    Map<TreeDevice, Integer> found = new LinkedHashMap<>();
    for (String description : devices.split(",", -1)) {
      TreeDevice device = device(description);
      found.put(device, group(device));
    }
    return new KernelUnderTest(
        new LinuxKernel(), Path.of("/dev/iommu"), KernelUnderTest.grouped(found));
  }

  private static TreeDevice device(String description) {
    String[] parts = description.split("=", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException(
          DEVICES + ": PCI-ADDRESS=CDEV=SMMU expected, not " + description);
    }
    return new TreeDevice(parts[0], Path.of(parts[1]), parts[2]);
  }

  private static int group(TreeDevice device) {
    try {
      Path group = PCI.resolve(device.pciAddress()).resolve("iommu_group").toRealPath();
      return Integer.parseInt(group.getFileName().toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
