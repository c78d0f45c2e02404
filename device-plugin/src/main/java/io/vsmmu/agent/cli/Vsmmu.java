package io.vsmmu.agent.cli;

import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code vsmmu} command. */
@Command(
    name = "vsmmu",
    description = "PCI devices with nested IOMMU translation for VMs on Kubernetes.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {RunCommand.class, ReceiveCommand.class, InspectCommand.class})
public final class Vsmmu {

  private static final int FAILED = 1;

  private Vsmmu() {}

  /** Runs a subcommand; its exit status is the process's. */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Vsmmu())
        .setExecutionExceptionHandler((failure, command, _) -> {
          if (!(failure instanceof IOException)) {
            throw failure;
          }
          command
              .getErr()
              .println(command.getCommandSpec().qualifiedName() + ": " + failure.getMessage());
          return FAILED;
        });
  }
}
