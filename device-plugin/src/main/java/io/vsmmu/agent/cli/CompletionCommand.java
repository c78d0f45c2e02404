package io.vsmmu.agent.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Writes the script that completes our command lines. */
@Command(
    name = "completion",
    description = {
      "Prints a script that lets bash, or zsh with bashcompinit, complete vsmmu's subcommands,",
      "options and values."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(vsmmu completion)                                    this shell",
      "  vsmmu completion > /etc/bash_completion.d/vsmmu               every shell"
    })
final class CompletionCommand implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    var root = spec.root().commandLine();
    spec.commandLine().getOut().print(AutoComplete.bash(root.getCommandName(), root));
    spec.commandLine().getOut().flush();
    return ExitStatus.DONE;
  }
}
