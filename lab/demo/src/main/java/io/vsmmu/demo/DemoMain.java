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
      var interrupt = new Thread(() -> endEarly(narrator, stage), "end of the demo");
      Runtime.getRuntime().addShutdownHook(interrupt);
      try {
        var ending = new Story(narrator, programs, stage).tell();
        narrator.step("all of it came true");
        if (keep) {
          keep(narrator, programs, ending);
        }
        Runtime.getRuntime().removeShutdownHook(interrupt);
        return true;
      } catch (RuntimeException | IOException e) {
        if (!stage.isClosed()) {
          blame(narrator, stage, e);
        }
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
  }

  private static void blame(Narrator narrator, Stage stage, Exception e) {
    narrator.step("FAILED: " + e.getMessage());
    stage.logs().forEach(System.err::println);
    System.err.println("--- where the demo was");
    e.printStackTrace();
  }

  private static void endEarly(Narrator narrator, Stage stage) {
    narrator.blank();
    narrator.step("ending what runs");
    stage.close();
    narrator.step("nothing is left");
  }

  private static void keep(Narrator narrator, Programs programs, Story.Ending ending)
      throws InterruptedException {
    narrator.blank();
    narrator.step("it goes on running until Ctrl-C; in another terminal:");
    narrator.blank();
    narrator.because("export KUBECONFIG=" + ending.kubeconfig());
    var kubectl = System.getenv("KUBECTL");
    if (kubectl != null) {
      narrator.because("alias kubectl=" + kubectl);
    }
    narrator.blank();
    narrator.because("# what the node has, with the reason of every device that is not offered");
    narrator.because("kubectl get vsmmu sim-node -o yaml");
    narrator.because("# one more VM, with two GPUs; then look at its tree");
    narrator.because("kubectl apply -f " + programs.sources().resolve("lab/demo/pod.yaml"));
    narrator.because("kubectl get vsmmu sim-node -o jsonpath='{.status.virtualMachines}'");
    narrator.because("# the end: the drivers that the devices had before get them back");
    narrator.because("kubectl delete --ignore-not-found pod/vm-2 vsmmu/sim-node");
    new CountDownLatch(1).await();
  }
}
