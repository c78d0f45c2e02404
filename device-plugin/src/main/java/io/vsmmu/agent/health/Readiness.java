package io.vsmmu.agent.health;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;

/**
 * Whether the agent does its work: kubelet holds an open stream of every resource that the node's
 * VSmmu asks for. A node that is to advertise nothing is ready once that is known.
 *
 * @param ready the verdict
 * @param reasons a line each for what it is made of
 */
public record Readiness(boolean ready, List<String> reasons) {

  public Readiness {
    reasons = List.copyOf(reasons);
  }

  /**
   * Decides.
   *
   * @param asked the resources to be advertised; absent as long as no VSmmu is known
   * @param missing by resource, why kubelet holds no stream; absent when it does
   */
  public static Readiness of(
      Optional<SequencedSet<String>> asked, Map<String, Optional<String>> missing) {
    if (asked.isEmpty()) {
      return new Readiness(false, List.of("[-] wish: the node's VSmmu is not known yet"));
    }
    var known = new TreeMap<>(missing);
    var reasons = new ArrayList<String>();
    boolean ready = true;
    for (var resource : asked.get()) {
      var problem = known.getOrDefault(resource, Optional.of("not registered with kubelet yet"));
      ready &= problem.isEmpty();
      reasons.add(
          problem
              .map(why -> "[-] %s: %s".formatted(resource, why))
              .orElse("[+] %s: kubelet holds its stream".formatted(resource)));
    }
    if (reasons.isEmpty()) {
      reasons.add("[+] wish: nothing is to be advertised");
    }
    return new Readiness(ready, reasons);
  }
}
