package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.topology.Sysfs;
import java.io.IOException;
import java.nio.file.Path;

/** The sysfs of a simulated node, as a process sees it that is not the node's. */
public final class RemoteSysfs implements Sysfs {
  private final NodeFolder folder;

  public RemoteSysfs(NodeFolder folder) {
    this.folder = folder;
  }

  @Override
  public Path root() {
    return folder.sysfs();
  }

  @Override
  public void write(String attribute, String value) throws IOException {
    try (var connection = RemoteKernel.connect(folder)) {
      RemoteKernel.request(
          connection.fd(), connection.name(), new Packet.WriteAttribute(attribute, value));
    } catch (KernelException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
