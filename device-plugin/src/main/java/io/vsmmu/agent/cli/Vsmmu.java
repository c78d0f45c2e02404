package io.vsmmu.agent.cli;

import io.vsmmu.agent.privileges.Capability;
import io.vsmmu.agent.privileges.Confinement;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code vsmmu} command. */
@Command(
    name = "vsmmu",
    description = {
      "PCI devices with nested IOMMU translation for VMs on Kubernetes.",
      "",
      "On a node, start with 'vsmmu inspect', then 'vsmmu plan'; both change nothing."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      RunCommand.class,
      InspectCommand.class,
      PlanCommand.class,
      ProbeCommand.class,
      ReceiveCommand.class,
      CompletionCommand.class,
      CommandLine.HelpCommand.class
    },
    exitCodeListHeading = "%nExit status of all subcommands but those that say otherwise:%n",
    exitCodeList = {
      "0:done",
      "1:something could not be read, written or reached; the message says what and why",
      "2:wrong usage",
      "3:done, and the output tells of something that is not as it should be"
    })
public final class Vsmmu {

  /** docs/security.md says what for. */
  private static final Set<Capability> AGENT_NEEDS =
      EnumSet.of(Capability.CHOWN, Capability.DAC_OVERRIDE, Capability.SYS_RESOURCE);

  private Vsmmu() {}

  /** Runs a subcommand; its exit status is the process's. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length > 0 && arguments[0].equals("run")) {
      Confinement.enter(AGENT_NEEDS);
    }
    System.exit(commandLine().setOut(utf8(System.out)).setErr(utf8(System.err)).execute(arguments));
  }

  /** A container has no locale, for which Java would write ASCII. */
  private static PrintWriter utf8(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  static CommandLine commandLine() {
    return new CommandLine(new Vsmmu())
        // An argument of a PROGRAM that begins with '@' is its own affair.
        .setExpandAtFiles(false)
        .setParameterExceptionHandler((failure, _) -> {
          var command = failure.getCommandLine();
          var err = command.getErr();
          err.println(command.getCommandSpec().qualifiedName() + ": " + failure.getMessage());
          if (!CommandLine.UnmatchedArgumentException.printSuggestions(failure, err)) {
            err.println("see: " + command.getCommandSpec().qualifiedName() + " --help");
          }
          return command.getCommandSpec().exitCodeOnInvalidInput();
        })
        .setExecutionExceptionHandler((failure, command, _) -> {
          if (!(failure instanceof IOException)) {
            throw failure;
          }
          command
              .getErr()
              .println(command.getCommandSpec().qualifiedName() + ": " + describe(failure));
          return ExitStatus.FAILED;
        });
  }

  /** Java's file errors have the path as their message, and the cause in their type. */
  private static String describe(Exception failure) {
    return switch (failure) {
      case NoSuchFileException missing -> "no such file: " + missing.getFile();
      case AccessDeniedException denied -> "not permitted: " + denied.getFile();
      case FileSystemException other when other.getReason() == null -> other.toString();
      default -> String.valueOf(failure.getMessage());
    };
  }
}
