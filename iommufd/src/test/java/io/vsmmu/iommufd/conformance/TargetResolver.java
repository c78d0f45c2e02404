package io.vsmmu.iommufd.conformance;

import io.vsmmu.iommufd.TreeDevice;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.simulated.SimulatedKernel;
import io.vsmmu.iommufd.simulated.SimulatedMachine;
import io.vsmmu.iommufd.simulated.SimulatedNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Hands out a fresh simulated machine, or the running kernel with the devices in the system
 * property {@code vsmmu.conformance.devices}: {@code PCI-ADDRESS=CDEV=SMMU}, separated by commas.
 */
final class TargetResolver implements ParameterResolver {
  private static final String DEVICES = "vsmmu.conformance.devices";

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
            .computeIfAbsent(KernelUnderTest.class, key -> target(), KernelUnderTest.class);
    if (parameter.getParameter().getType() == KernelUnderTest.class) {
      return target;
    }
    // Closed with the store, at the end of the test.
    return context
        .getStore(ExtensionContext.Namespace.create(TargetResolver.class, context.getUniqueId()))
        .computeIfAbsent(Session.class, key -> new Session(target), Session.class);
  }

  private static KernelUnderTest target() {
    @Nullable String devices = System.getProperty(DEVICES);
    return devices == null ? simulated() : linux(devices);
  }

  private static KernelUnderTest simulated() {
    SimulatedNode node = SimulatedNode.small().onVfio();
    List<TreeDevice> devices =
        node.devices().stream()
            .map(device ->
                new TreeDevice(
                    device.pciAddress(),
                    SimulatedMachine.VFIO_DEVICES.resolve(device.cdev()),
                    device.smmu()))
            .toList();
    return new KernelUnderTest(new SimulatedKernel(node), SimulatedMachine.IOMMU, devices);
  }

  private static KernelUnderTest linux(String devices) {
    return new KernelUnderTest(
        new LinuxKernel(),
        Path.of("/dev/iommu"),
        Arrays.stream(devices.split(",", -1)).map(TargetResolver::device).toList());
  }

  private static TreeDevice device(String description) {
    String[] parts = description.split("=", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException(
          DEVICES + ": PCI-ADDRESS=CDEV=SMMU expected, not " + description);
    }
    return new TreeDevice(parts[0], Path.of(parts[1]), parts[2]);
  }
}
