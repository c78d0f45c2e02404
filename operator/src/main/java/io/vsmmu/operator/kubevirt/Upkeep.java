package io.vsmmu.operator.kubevirt;

import java.util.Set;

/** How the upkeep of our entries in KubeVirt's list went. */
sealed interface Upkeep {

  /** The list is as it should be. */
  record Kept() implements Upkeep {}

  /**
   * Somebody took them out again and again, so they are left out.
   *
   * @param writers field managers that may have done it
   */
  record GivenUp(Set<String> writers) implements Upkeep {}

  /**
   * The API server refused the change.
   *
   * @param message what it said
   */
  record Refused(String message) implements Upkeep {}
}
