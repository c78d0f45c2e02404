package io.vsmmu.hook;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchitectureTest {
  private static final String ROOT = "io.vsmmu.hook";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @ParameterizedTest(name = "{0} may use {1}")
  @CsvSource(
      delimiter = ':',
      nullValues = "nothing",
      value = {
        ".xml : nothing",
        ".domain : .xml",
        ".plan : .domain",
        ".rewrite : .xml .domain .plan",
        ".machine : .plan",
        ".serve : .xml .domain .plan .rewrite .machine",
      })
  void aPackageUsesOnlyThoseBelowIt(String name, @Nullable String others) {
    String[] allowed =
        Stream.concat(
                Stream.of(name),
                others == null ? Stream.empty() : Arrays.stream(others.strip().split(" ")))
            .map(each -> ROOT + each + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(ROOT + name + "..")
        .should()
        .dependOnClassesThat(resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(allowed))))
        .because("arrows between packages point one way")
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.vsmmu.hook.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @ParameterizedTest(name = "{0} is for {1} only")
  @CsvSource({
    "io.grpc.., serve",
    "io.netty.., serve",
    "com.google.protobuf.., serve",
    "com.google.gson.., machine",
    "picocli.., cli",
  })
  void aLibraryStaysInItsRoom(String library, String room) {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + "." + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .because("whoever wants to replace it finds it in one place")
        .check(CLASSES);
  }

  @ParameterizedTest(name = "{0} decides on records alone")
  @CsvSource({"domain", "plan", "rewrite", "machine", "xml"})
  void whatDecidesHasNoEffects(String room) {
    noClasses()
        .that()
        .resideInAPackage(ROOT + "." + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.nio.file..", "java.net..", "org.slf4j..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.System")
        .because("the same domain on the same node gives the same answer")
        .check(CLASSES);
  }
}
