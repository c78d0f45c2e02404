package io.vsmmu.api.v1alpha1;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Reasons are part of the API: people look them up. Every one that operator or agent can write is
 * in {@code docs/troubleshooting.md}, and that page has no others.
 */
class DocumentedReasonsTest {

  private static final Path TOP = Path.of("..");
  private static final Path PAGE = TOP.resolve("docs/troubleshooting.md");

  /** Where conditions, devices' states and Events get their reasons. */
  private static final List<Path> PACKAGES =
      Stream.of(
              "operator/src/main/java/io/vsmmu/operator/readiness",
              "operator/src/main/java/io/vsmmu/operator/kubevirt",
              "device-plugin/src/main/java/io/vsmmu/agent/status",
              "device-plugin/src/main/java/io/vsmmu/agent/inventory",
              "device-plugin/src/main/java/io/vsmmu/agent/binding",
              "device-plugin/src/main/java/io/vsmmu/agent/probe",
              "device-plugin/src/main/java/io/vsmmu/agent/kubelet")
          .map(TOP::resolve)
          .toList();

  /** A string that is one CamelCase word. */
  private static final Pattern WORD = Pattern.compile("\"([A-Z][a-z]+[A-Za-z0-9]*)\"");

  /** Words of these packages that are no reasons; a new one has to be put here, or documented. */
  private static final Set<String> OTHER_WORDS =
      Set.of(
          // a condition's status, and Events' types and actions
          "True",
          "False",
          "Unknown",
          "Normal",
          "Warning",
          "Probe",
          "Register",
          "Release",
          "HandOff",
          "Discover",
          // a device of which there is nothing to say
          "Ready",
          // Kubernetes', the kubelet's and KubeVirt's
          "Established",
          "Healthy",
          "Unhealthy",
          "Data",
          "PodDeviceEntries",
          "PodUID",
          "DeviceIDs",
          "ContainerName",
          "ResourceName",
          "KubeVirt",
          "VirtualMachineInstance",
          "Deployed",
          "HostDevices",
          "Sidecar");

  private static final Pattern ROW = Pattern.compile("(?m)^\\| (`[^|]+) \\|");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  @Test
  void haveALineEachAndThereAreNoOthers() throws IOException {
    assertThat(documented()).containsExactlyElementsOf(inTheCode());
  }

  private static Set<String> inTheCode() throws IOException {
    Set<String> reasons = new TreeSet<>();
    for (Path sources : PACKAGES) {
      try (Stream<Path> files = Files.walk(sources)) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          WORD.matcher(Files.readString(file))
              .results()
              .map(DocumentedReasonsTest::word)
              .filter(word -> !OTHER_WORDS.contains(word))
              .forEach(reasons::add);
        }
      }
    }
    return reasons;
  }

  /** What the first column of the page's tables has. */
  private static Set<String> documented() throws IOException {
    return ROW.matcher(Files.readString(PAGE))
        .results()
        .map(DocumentedReasonsTest::word)
        .flatMap(cell -> CODE.matcher(cell).results())
        .map(DocumentedReasonsTest::word)
        .collect(toCollection(TreeSet::new));
  }

  private static String word(MatchResult match) {
    return match.group(1);
  }
}
