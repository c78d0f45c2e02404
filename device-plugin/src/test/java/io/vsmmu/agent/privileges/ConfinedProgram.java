package io.vsmmu.agent.privileges;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;

/** Confines itself and prints, per thread, the lines of its status that tell rights. */
final class ConfinedProgram {
  private ConfinedProgram() {}

  public static void main(String[] arguments) throws IOException {
    Confinement.enter(EnumSet.of(Capability.CHOWN, Capability.SYS_RESOURCE));
    System.out.println("arguments " + String.join("|", arguments));
    try (var threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (var thread : threads) {
        var rights = ThreadRights.of(thread.resolve("status"));
        System.out.println("thread " + rights);
      }
    }
  }
}
