package io.vsmmu.lab;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(
              "io.vsmmu.lab.edu",
              "io.vsmmu.lab.node",
              "io.vsmmu.lab.proof",
              "io.vsmmu.lab.cases",
              "io.vsmmu.lab.conformance");

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.vsmmu.lab.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void theDeviceIsForEverybody() {
    classes()
        .that()
        .resideInAPackage("io.vsmmu.lab.edu")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.vsmmu.lab.edu", "io.vsmmu.iommufd..", "java..", "com.sun.jna..", "org.jspecify..")
        .because("programs other than tests drive it too")
        .check(CLASSES);
  }
}
