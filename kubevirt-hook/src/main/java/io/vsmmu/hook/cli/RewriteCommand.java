package io.vsmmu.hook.cli;

import io.vsmmu.hook.domain.MalformedDomainException;
import io.vsmmu.hook.machine.Annotations;
import io.vsmmu.hook.machine.InvalidMachineException;
import io.vsmmu.hook.machine.Machine;
import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.hook.plan.Overrides;
import io.vsmmu.hook.plan.UnplaceableException;
import io.vsmmu.hook.rewrite.GuestTopology;
import io.vsmmu.hook.xml.MalformedXmlException;
import io.vsmmu.iommufd.topology.TopologySnapshot;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the sidecar would do. */
@Command(
    name = "rewrite",
    description = {
      "Prints what the sidecar would make of a domain, and changes nothing: for a domain",
      "of virsh dumpxml, or of virt-launcher's log."
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true)
final class RewriteCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "DOMAIN", description = "file with libvirt's domain XML")
  private Path domain = Path.of("");

  @Option(
      names = "--vmi",
      paramLabel = "FILE",
      description = "the VirtualMachineInstance as JSON, for its annotations vsmmu.io/...")
  private @Nullable Path machine;

  @Option(
      names = "--topology",
      paramLabel = "FILE",
      description = "the node's topology as 'vsmmu inspect --output snapshot' prints it")
  private @Nullable Path snapshot;

  @Option(
      names = "--sysfs-root",
      paramLabel = "DIR",
      defaultValue = "/sys",
      description = "where the topology is without --topology")
  private Path sysfs = Path.of("/sys");

  @Override
  public Integer call()
      throws IOException,
          MalformedXmlException,
          MalformedDomainException,
          UnplaceableException,
          InvalidMachineException {
    var functions =
        snapshot == null
            ? new SysfsFunctions(sysfs)
            : HostFunctions.of(TopologySnapshot.load(snapshot).topology());
    var rewritten = GuestTopology.of(text(domain), functions, overrides());
    var out = Objects.requireNonNull(spec).commandLine().getOut();
    out.print(rewritten.xml());
    out.flush();
    return 0;
  }

  private Overrides overrides() throws IOException, InvalidMachineException {
    return machine == null ? Overrides.NONE : Annotations.overrides(Machine.parse(text(machine)));
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is no UTF-8, as libvirt and KubeVirt write it", e);
    }
  }
}
