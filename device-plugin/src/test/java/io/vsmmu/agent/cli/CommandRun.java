package io.vsmmu.agent.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A command line and what came of it.
 *
 * @param status its exit status
 */
record CommandRun(int status, String out, String err) {

  static CommandRun of(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int status =
        Vsmmu.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new CommandRun(status, out.toString(), err.toString());
  }

  /** The same command line, for a process of its own. */
  static List<String> process(List<String> arguments) {
    var java =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Vsmmu.class.getName());
    return Stream.concat(java.stream(), arguments.stream()).toList();
  }

  List<String> lines() {
    return out.lines().toList();
  }
}
