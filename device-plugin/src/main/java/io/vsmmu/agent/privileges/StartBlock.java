package io.vsmmu.agent.privileges;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What this process was started with, byte for byte. Java reads both by the locale, and a container
 * has none: what is not ASCII is lost to it then.
 */
public final class StartBlock {

  private static final Path SELF = Path.of("/proc/self");

  private StartBlock() {}

  /**
   * The arguments, the program's name first (proc_pid_cmdline(5)). An argument file that the java
   * command was given is one of them, and what is in it is not.
   */
  public static List<byte[]> arguments() throws IOException {
    return strings("cmdline");
  }

  /** The environment, {@code NAME=value} each, in its order (proc_pid_environ(5)). */
  public static List<byte[]> environment() throws IOException {
    return strings("environ");
  }

  /** Each ends with a zero byte, the last one, too; some are empty. */
  private static List<byte[]> strings(String file) throws IOException {
    var block = Files.readAllBytes(SELF.resolve(file));
    var strings = new ArrayList<byte[]>();
    int start = 0;
    for (int i = 0; i < block.length; i++) {
      if (block[i] == 0) {
        strings.add(Arrays.copyOfRange(block, start, i));
        start = i + 1;
      }
    }
    return strings;
  }
}
