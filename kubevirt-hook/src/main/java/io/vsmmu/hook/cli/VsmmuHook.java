package io.vsmmu.hook.cli;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code vsmmu-hook} command. Without arguments it serves, which is how KubeVirt starts it. */
@Command(
    name = "vsmmu-hook",
    description = {
      "Gives a KubeVirt VM one accelerated vSMMU for each physical SMMU that its devices",
      "sit behind. Without a command it serves, as a hook sidecar."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {ServeCommand.class, RewriteCommand.class})
public final class VsmmuHook {

  private static final int FAILED = 1;

  private VsmmuHook() {}

  /** Runs a command; its exit status is the process's. */
  public static void main(String[] arguments) {
    System.exit(
        arguments.length == 0
            ? serve()
            : commandLine().setOut(utf8(System.out)).setErr(utf8(System.err)).execute(arguments));
  }

  /**
   * A container has no locale, for which Java would write ASCII: a domain is to stay what it is.
   */
  private static PrintWriter utf8(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8), true);
  }

  /** Without picocli, which costs a sidecar more time to start than all the rest of ours. */
  private static int serve() {
    try {
      return new ServeCommand().call();
    } catch (IOException e) {
      System.err.println("vsmmu-hook: " + Failures.describe(e));
      return FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  static CommandLine commandLine() {
    return new CommandLine(new VsmmuHook())
        .setExecutionExceptionHandler((failure, command, _) -> {
          if (failure instanceof RuntimeException) {
            throw failure;
          }
          command
              .getErr()
              .println(
                  command.getCommandSpec().qualifiedName() + ": " + Failures.describe(failure));
          return FAILED;
        });
  }
}
