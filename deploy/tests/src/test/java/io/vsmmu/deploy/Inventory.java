package io.vsmmu.deploy;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Every object of a cluster but events, as {@code resource/name}. */
final class Inventory {

  private Inventory() {}

  static Set<String> of(Program kubectl) {
    String kinds =
        kubectl
            .run("api-resources", "--verbs=list,delete", "--output=name", "--cached=false")
            .lines()
            .filter(kind -> !kind.startsWith("events"))
            .collect(Collectors.joining(","));
    return kubectl
        .run("get", kinds, "--all-namespaces", "--output=name", "--ignore-not-found")
        .lines()
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The same and more. */
  static Set<String> with(Set<String> inventory, String... more) {
    Set<String> all = new TreeSet<>(inventory);
    all.addAll(Set.of(more));
    return all;
  }
}
