package io.vsmmu.lab.soak;

import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Lets pods come and go for an agent that runs as on any node, against the running kernel; only
 * kubelet is a stand-in, for the real one needs seconds for each pod. The agent holds as much
 * afterwards as before.
 */
final class LabSoak {
  /** In the topology two-smmus of the lab, behind two SMMUs. */
  private static final Map<String, Integer> LAB_DEVICES = Map.of(Pods.NIC, 3, Pods.EDU, 2);

  private static final Duration LIMIT = Duration.ofMinutes(3);

  /** Every life of a pod several times: pools are filled, classes loaded. */
  private static final int WARM_UP = 30;

  private static final int REPORT_EVERY = 100;

  private final StandInKubelet kubelet;
  private final AgentProcess agent;
  private final Map<String, Integer> devices;
  private final Pods pods;

  private LabSoak(
      StandInKubelet kubelet, AgentProcess agent, Kernel kernel, Map<String, Integer> devices) {
    this.kubelet = kubelet;
    this.agent = agent;
    this.devices = devices;
    this.pods = new Pods(kubelet, kernel, devices);
  }

  /**
   * Runs the program; its exit status is 0 when the agent holds as much after as before.
   *
   * @param arguments an empty folder, the vsmmu command, the node's VSmmu, and how many cycles
   */
  public static void main(String[] arguments) throws Exception {
    boolean same =
        run(
            Path.of(arguments[0]),
            List.of(arguments[1], "run", "--config=" + arguments[2]),
            new LinuxKernel(),
            LAB_DEVICES,
            WARM_UP,
            Integer.parseInt(arguments[3]));
    System.exit(same ? 0 : 1);
  }

  /**
   * Lets pods come and go, and tells on standard output what the agent holds.
   *
   * @param program {@code vsmmu run} with the options that say which node it is for
   * @param kernel of that node, for the VMMs
   * @param devices how many of each resource the node has
   * @return whether the agent holds as much after {@code cycles} as after {@code warmUp}
   */
  static boolean run(
      Path folder,
      List<String> program,
      Kernel kernel,
      Map<String, Integer> devices,
      int warmUp,
      int cycles)
      throws Exception {
    Files.createDirectories(folder);
    try (var kubelet =
            StandInKubelet.start(
                Files.createDirectories(AgentProcess.plugins(folder)),
                AgentProcess.podResources(folder));
        var agent = AgentProcess.start(folder, program)) {
      return new LabSoak(kubelet, agent, kernel, devices).run(warmUp, cycles);
    }
  }

  private boolean run(int warmUp, int cycles) throws Exception {
    awaitQuiet();
    cycles(0, warmUp);
    var before = agent.holdings();
    say("before: %s", before);
    long start = System.nanoTime();
    for (int done = 0; done < cycles; ) {
      int next = Math.min(cycles, done + REPORT_EVERY);
      cycles(done, next);
      done = next;
      say(
          "after %d cycles, %d s: %s",
          done, Duration.ofNanos(System.nanoTime() - start).toSeconds(), agent.holdings());
    }
    boolean same = comesDownTo(before);
    say("at the end: %s", agent.holdings());
    say(same ? "the agent holds no more than before" : "FAILED: the agent holds more than before");
    return same;
  }

  /**
   * Whether the agent holds no more than {@code before}, or comes to: for a minute after many tasks
   * came at once a pool keeps the threads that it made for them. What leaks stays.
   */
  private boolean comesDownTo(Holdings before) {
    try {
      await(() -> agent.holdings().within(before));
      return true;
    } catch (ConditionTimeoutException e) {
      return false;
    }
  }

  private void cycles(int from, int to) throws Exception {
    for (int number = from; number < to; number++) {
      agent.requireAlive();
      pods.live(number);
    }
    awaitQuiet();
  }

  /** The agent has found out that no pod is left: all is released, and every device healthy. */
  private void awaitQuiet() {
    await(() ->
        agent.allocations() == 0
            && devices.entrySet().stream()
                .allMatch(
                    resource -> kubelet.allocatable(resource.getKey()) == resource.getValue()));
  }

  private void await(Callable<Boolean> condition) {
    Awaitility.await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(100))
        // The agent has not made its folders yet.
        .ignoreExceptionsInstanceOf(IOException.class)
        .until(() -> {
          agent.requireAlive();
          return condition.call();
        });
  }

  private static void say(String format, Object... values) {
    System.out.println("soak: " + format.formatted(values));
  }
}
