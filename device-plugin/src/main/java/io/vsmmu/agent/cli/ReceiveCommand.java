package io.vsmmu.agent.cli;

import io.vsmmu.agent.handoff.ManifestCodec;
import io.vsmmu.agent.receive.HandoffClient;
import io.vsmmu.agent.receive.ProgramStart;
import io.vsmmu.agent.receive.QemuArguments;
import io.vsmmu.agent.receive.ReceivedContext;
import io.vsmmu.agent.receive.VerificationException;
import io.vsmmu.agent.receive.Verifier;
import io.vsmmu.iommufd.IommuException;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.simulated.node.NodeFolder;
import io.vsmmu.iommufd.simulated.node.RemoteKernel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The container's side of the hand-off. */
@Command(
    name = "receive",
    description = {
      "Collects the prepared iommufd context in a container that was given devices.",
      "",
      "Without --verify and PROGRAM the manifest is printed, as one line of JSON."
    },
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:received and, with --verify, proven",
      "1:the kernel does not confirm the manifest, or PROGRAM cannot be started",
      "2:wrong usage",
      "3:nothing was received"
    })
public final class ReceiveCommand implements Callable<Integer> {
  private static final int NOT_CONFIRMED = 1;
  private static final int NOT_RECEIVED = 3;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      defaultValue = "${env:VSMMU_HANDOFF:-/run/vsmmu/handoff.sock}",
      description = {
        "where the agent hands over; $VSMMU_HANDOFF, as the container has it",
        "(default: ${DEFAULT-VALUE})"
      })
  private Path socket = Path.of("/run/vsmmu/handoff.sock");

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "how long to wait for the agent (default: ${DEFAULT-VALUE})")
  private int timeoutSeconds = 60;

  @Option(
      names = "--verify",
      description = {
        "prove the manifest against the kernel: bind each device, allocate its vDEVICE on the",
        "handed vIOMMU, attach it to the handed bypass proxy, and see those of other SMMUs refused"
      })
  private boolean verify;

  @Option(names = "--hold", description = "after --verify, keep everything open until SIGTERM")
  private boolean hold;

  @Option(
      names = "--print-qemu-args",
      description = {
        "print arguments for QEMU: the context, per physical SMMU a pxb with an accelerated vSMMU,",
        "and a root port per device; PROGRAM finds the same in VSMMU_QEMU_ARGS:",
        "vsmmu receive -- sh -c 'exec qemu-system-aarch64 ... $VSMMU_QEMU_ARGS'"
      })
  private boolean printQemuArguments;

  @Option(
      names = "--simulated-node",
      paramLabel = "DIR",
      description = "the devices are those of the simulated node in DIR")
  private @Nullable Path simulatedNode;

  @Parameters(
      paramLabel = "PROGRAM",
      arity = "0..*",
      description = {
        "program and arguments to become, with the descriptors open and",
        "VSMMU_FDS=iommufd=N,vfio:ADDRESS=N,..., VSMMU_MANIFEST and VSMMU_QEMU_ARGS set"
      })
  private List<String> program = new ArrayList<>();

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    requireWhatGoesTogether();
    ReceivedContext received;
    try {
      received = HandoffClient.receive(socket, Duration.ofSeconds(timeoutSeconds));
    } catch (IOException | KernelException e) {
      err.println("vsmmu receive: nothing received from " + socket + ": " + e.getMessage());
      return NOT_RECEIVED;
    }
    if (verify) {
      return verify(received, out, err);
    }
    if (printQemuArguments) {
      var arguments = QemuArguments.of(received);
      if (arguments.isEmpty()) {
        received.close();
        err.println(
            "vsmmu receive: QEMU binds devices itself, and these were handed over bound; set"
                + " handoff: Unbound in the VSmmu");
        return NOT_CONFIRMED;
      }
      out.println(String.join(" ", arguments.get()));
    }
    if (!program.isEmpty()) {
      out.flush();
      KernelException failure = ProgramStart.exec(program, received);
      err.println("vsmmu receive: " + failure.getMessage());
      return NOT_CONFIRMED;
    }
    try (received) {
      if (printQemuArguments) {
        return 0;
      }
      out.println(new String(ManifestCodec.json(received.manifest()), StandardCharsets.UTF_8));
      return 0;
    }
  }

  /** Before anything is received: a context can be had once. */
  private void requireWhatGoesTogether() {
    if (verify && (printQemuArguments || !program.isEmpty())) {
      throw new ParameterException(
          spec.commandLine(),
          "--verify uses the devices itself and leaves nothing for PROGRAM or --print-qemu-args");
    }
    if (hold && !verify) {
      throw new ParameterException(spec.commandLine(), "--hold needs --verify");
    }
  }

  private int verify(ReceivedContext received, PrintWriter out, PrintWriter err)
      throws InterruptedException {
    out.printf(
        "received allocation %s: %s%n",
        received.manifest().allocation(), received.manifest().fds());
    say(
        out,
        "manifest: " + new String(ManifestCodec.json(received.manifest()), StandardCharsets.UTF_8));
    try (var verifier = new Verifier(kernel(), received, step -> say(out, step))) {
      verifier.verify();
      say(out, "proven: the context is what the manifest says");
      if (hold) {
        endWithSuccessOnTermination();
        say(out, "holding it until SIGTERM");
        new CountDownLatch(1).await();
      }
      return 0;
    } catch (VerificationException e) {
      err.println("vsmmu receive: NOT proven: " + e.getMessage());
      return NOT_CONFIRMED;
    } catch (IommuException e) {
      err.println("vsmmu receive: NOT proven: the kernel refused " + e.getMessage());
      return NOT_CONFIRMED;
    }
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }

  /** What it was asked for has been proven by then. */
  private static void endWithSuccessOnTermination() {
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().unstarted(() -> Runtime.getRuntime().halt(0)));
  }

  private Kernel kernel() {
    return simulatedNode == null
        ? new LinuxKernel()
        : new RemoteKernel(new NodeFolder(simulatedNode));
  }
}
