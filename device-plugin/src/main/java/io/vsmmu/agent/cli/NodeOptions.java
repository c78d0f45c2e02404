package io.vsmmu.agent.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the node is that a command looks at, and what the agent remembers of it. */
final class NodeOptions extends NodePlace {

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      defaultValue = "/var/lib/vsmmu",
      description = {
        "what the agent remembers; it is only read (but by probe --bind), and may be missing",
        "(default: ${DEFAULT-VALUE})"
      })
  private Path stateFolder = Path.of("/var/lib/vsmmu");

  Path state() {
    return stateFolder;
  }

  Path state(String folder) {
    return stateFolder.resolve(folder);
  }
}
