package io.vsmmu.iommufd;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.sun.jna.Structure;
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
  private static final String ROOT = "io.vsmmu.iommufd";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  @ParameterizedTest(name = "{0} may use {1}")
  @CsvSource(
      delimiter = ':',
      nullValues = "nothing",
      value = {
        ".kernel : nothing",
        ".smmu : nothing",
        ".topology : nothing",
        ".uapi : .kernel",
        ".fdpass : .kernel",
        ".uevent : .kernel .topology",
        "'' : .kernel .uapi .smmu .topology",
        ".simulated : .kernel .uapi .topology",
        ".simulated.node : .kernel .uapi .topology .fdpass .simulated",
      })
  void aPackageUsesOnlyThoseBelowIt(String name, @Nullable String others) {
    String[] allowed =
        Stream.concat(
                Stream.of(name),
                others == null ? Stream.empty() : Arrays.stream(others.strip().split(" ")))
            .map(each -> ROOT + each)
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(ROOT + name)
        .should()
        .dependOnClassesThat(resideInAPackage(ROOT + "..").and(not(resideInAnyPackage(allowed))))
        .because("arrows between packages point one way")
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("(io.vsmmu.iommufd..)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void theLibraryIsSmall() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(ROOT + "..", "java..", "com.sun.jna..", "org.slf4j..", "org.jspecify..")
        .because("it is about Linux, knows no Kubernetes, and needs JNA and a logger facade only")
        .check(CLASSES);
  }

  @Test
  void structuresAreUapi() {
    classes()
        .that()
        .areAssignableTo(Structure.class)
        .should()
        .resideInAPackage(ROOT + ".uapi")
        .because("layouts of the kernel's structures are compared with its headers there")
        .check(CLASSES);
  }
}
