package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.simulated.KernelObject.Device;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** An open VFIO character device. */
final class VfioFile implements MachineFile {

  /** What a file is bound to. */
  record Binding(Context context, Device device) {}

  private final Path path;
  private final FunctionState function;
  private @Nullable Binding binding;

  VfioFile(Path path, FunctionState function) {
    this.path = path;
    this.function = function;
  }

  @Override
  public Path device() {
    return path;
  }

  FunctionState function() {
    return function;
  }

  @Nullable Binding binding() {
    return binding;
  }

  void bound(Binding to) {
    binding = to;
    function.setBoundFile(this);
  }

  void unbound() {
    binding = null;
    function.setBoundFile(null);
  }
}
