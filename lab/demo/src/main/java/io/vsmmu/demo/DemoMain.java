package io.vsmmu.demo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Tells the story; the exit status says whether all of it came true. */
public final class DemoMain {

  private DemoMain() {}

  /**
   * @param args the project's folder
   */
  public static void main(String[] args) throws IOException {
    System.exit(run(new Programs(Path.of(args[0])), "1".equals(System.getenv("KEEP"))) ? 0 : 1);
  }

  private static boolean run(Programs programs, boolean keep) throws IOException {
    programs.requireBuilt();
    var narrator = new Narrator(System.out);
    try (var stage = Stage.open()) {
      var hook = new Thread(stage::close, "end of the demo");
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        var ending = new Story(narrator, programs, stage).tell();
        narrator.step("all of it came true");
        if (keep) {
          keep(narrator, ending);
        }
        Runtime.getRuntime().removeShutdownHook(hook);
        return true;
      } catch (RuntimeException | IOException e) {
        narrator.step("FAILED: " + e.getMessage());
        stage.logs().forEach(System.err::println);
        System.err.println("--- where the demo was");
        e.printStackTrace();
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  private static void keep(Narrator narrator, Story.Ending ending) throws InterruptedException {
    narrator.blank();
    narrator.step("it goes on running until Ctrl-C; try:");
    narrator.because("export KUBECONFIG=" + ending.kubeconfig());
    narrator.because("kubectl get vsmmu sim-node -o yaml");
    narrator.because("kubectl get node sim-node -o jsonpath={.status.allocatable}");
    narrator.because("kubectl delete vsmmu sim-node");
    new CountDownLatch(1).await();
  }
}
