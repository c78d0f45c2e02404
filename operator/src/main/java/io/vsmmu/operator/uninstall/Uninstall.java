package io.vsmmu.operator.uninstall;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vsmmu.api.v1alpha1.VSmmu;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;

/**
 * Deletes every VSmmu and waits until they are gone, while the operator still runs: only the agents
 * know which devices to give back, and only the operator takes the finalizers off. The Helm chart
 * runs it before it deletes anything.
 */
public final class Uninstall {

  private static final int DONE = 0;
  private static final int LEFT = 1;
  private static final int WRONG_USAGE = 2;

  private static final String USAGE =
      """
      usage: vsmmu-uninstall SECONDS
      Deletes every VSmmu and waits so long until they are gone, that is until their devices are
      given back. Exit status 0: none is left; 1: some are, and the output says why; 2: wrong usage.
      """;

  private final KubernetesClient client;
  private final PrintStream out;

  Uninstall(KubernetesClient client, PrintStream out) {
    this.client = client;
    this.out = out;
  }

  /**
   * Exit status 0: no VSmmu is left; 1: some are, and why is told; 2: called wrongly.
   *
   * @param arguments the seconds to wait
   */
  public static void main(String[] arguments) throws InterruptedException {
    if (arguments.length == 1 && arguments[0].equals("--help")) {
      System.out.print(USAGE);
      System.exit(DONE);
    }
    if (arguments.length != 1 || !arguments[0].matches("[1-9][0-9]{0,6}")) {
      System.err.print(USAGE);
      System.exit(WRONG_USAGE);
    }
    Duration limit = Duration.ofSeconds(Long.parseLong(arguments[0]));
    int status;
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      status = new Uninstall(client, System.out).run(limit);
    } catch (KubernetesClientException e) {
      System.err.println("vsmmu-uninstall: nothing is known of what is left: " + e.getMessage());
      status = LEFT;
    }
    System.exit(status);
  }

  int run(Duration limit) throws InterruptedException {
    List<VSmmu> all;
    try {
      all = client.resources(VSmmu.class).list().getItems();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        out.println("the VSmmu API is not installed: nothing to delete");
        return DONE;
      }
      throw e;
    }
    try (LastVSmmus last = new LastVSmmus(client, out)) {
      for (VSmmu vsmmu : all) {
        out.println("deleting VSmmu " + vsmmu.getMetadata().getName());
        client.resource(vsmmu).delete();
      }
      if (last.awaitNone(limit)) {
        out.println("no VSmmu is left");
        return DONE;
      }
      out.printf(
          "after %d s these VSmmu objects are left; nothing else was deleted:%n",
          limit.toSeconds());
      last.reasons().forEach(out::println);
      out.println(
          "end the virtual machines that use their devices, see that the operator runs, and try"
              + " again");
      return LEFT;
    }
  }
}
