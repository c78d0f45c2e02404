package io.vsmmu.agent;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ArchitectureTest {
  private static final String ROOT = "io.vsmmu.agent";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  /** Which packages of the agent each may use, besides its own. */
  private static final Map<String, Set<String>> ARROWS =
      Map.ofEntries(
          Map.entry("flow", Set.of()),
          Map.entry("state", Set.of()),
          Map.entry("privileges", Set.of()),
          Map.entry("binding", Set.of("state")),
          Map.entry("probe", Set.of()),
          Map.entry("inventory", Set.of("binding", "probe", "flow", "state")),
          Map.entry("config", Set.of("inventory", "flow")),
          Map.entry("allocation", Set.of("inventory", "binding", "probe", "flow", "state")),
          Map.entry("kubelet", Set.of("allocation", "inventory", "flow")),
          Map.entry("handoff", Set.of("allocation", "flow")),
          Map.entry(
              "status", Set.of("allocation", "inventory", "binding", "probe", "flow", "state")),
          Map.entry("health", Set.of()),
          Map.entry("metrics", Set.of("allocation", "handoff", "inventory", "probe")),
          Map.entry("receive", Set.of("handoff", "allocation", "privileges")));

  static Stream<String> packages() {
    return ARROWS.keySet().stream().sorted();
  }

  @ParameterizedTest
  @MethodSource("packages")
  void aPackageUsesOnlyThoseBelowIt(String name) {
    String[] allowed =
        Stream.concat(Stream.of(name), ARROWS.getOrDefault(name, Set.of()).stream())
            .map(each -> ROOT + "." + each + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(ROOT + "." + name + "..")
        .should()
        .dependOnClassesThat(resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(allowed))))
        .because("arrows between packages point one way")
        .check(CLASSES);
  }

  @Test
  void everyPackageHasItsPlace() {
    Set<String> rooms =
        CLASSES.stream()
            .map(type -> type.getPackageName().substring(ROOT.length()))
            .filter(name -> !name.isEmpty())
            .map(name -> name.substring(1).replaceFirst("\\..*", ""))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> placed = new TreeSet<>(ARROWS.keySet());
    placed.add("cli");
    assertThat(placed).containsAll(rooms);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.vsmmu.agent.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @ParameterizedTest(name = "{0} is for {1} only")
  @CsvSource({
    "io.grpc.., kubelet",
    "io.netty.., kubelet",
    "com.google.protobuf.., kubelet",
    "picocli.., cli",
    "io.micrometer.., metrics",
    "com.sun.net.httpserver.., health",
    "io.fabric8.kubernetes.client.., status cli wiring",
    "org.snakeyaml.., config",
    "io.vsmmu.iommufd.fdpass.., handoff receive",
    "io.vsmmu.iommufd.simulated.., cli",
  })
  void aLibraryStaysInItsRoom(String library, String rooms) {
    String[] allowed =
        Arrays.stream(rooms.split(" "))
            .map(room -> room.equals("wiring") ? ROOT : ROOT + "." + room + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideOutsideOfPackages(allowed)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .because("whoever wants to replace it finds it in one place")
        .check(CLASSES);
  }
}
