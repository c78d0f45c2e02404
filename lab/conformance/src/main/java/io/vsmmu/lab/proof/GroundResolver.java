package io.vsmmu.lab.proof;

import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.topology.Sysfs;
import io.vsmmu.lab.edu.EduDevice;
import io.vsmmu.lab.node.NodeDevices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Hands out this node and its {@code edu} devices, which it brings onto vfio-pci first. */
final class GroundResolver implements ParameterResolver {

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Ground.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    try {
      var devices =
          new NodeDevices(Sysfs.at(Path.of("/sys")))
              .onVfio(EduDevice.PCI_VENDOR, EduDevice.PCI_DEVICE);
      return new Ground(new LinuxKernel(), ProofDevices.of(devices));
    } catch (IOException e) {
      throw new UncheckedIOException("this node's edu devices cannot be used", e);
    }
  }
}
