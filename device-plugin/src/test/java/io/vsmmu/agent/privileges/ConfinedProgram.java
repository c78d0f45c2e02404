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
        try {
          System.out.println("thread " + ThreadRights.of(thread.resolve("status")));
        } catch (IOException e) {
          // The virtual machine's own come and go, and one that has ended has no rights.
          if (Files.exists(thread)) {
            throw e;
          }
        }
      }
    }
  }
}
