package io.vsmmu.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class PackageRulesTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.vsmmu.operator");

  @Test
  void factsFlowToJudgementsAndJudgementsToStatus() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("reconciler")
        .definedBy("io.vsmmu.operator.vsmmu")
        .layer("status")
        .definedBy("io.vsmmu.operator.status")
        .layer("kubevirt")
        .definedBy("io.vsmmu.operator.kubevirt")
        .layer("webhook")
        .definedBy("io.vsmmu.operator.webhook")
        .layer("watch")
        .definedBy("io.vsmmu.operator.watch")
        .layer("operations")
        .definedBy("io.vsmmu.operator.operations")
        .layer("readiness")
        .definedBy("io.vsmmu.operator.readiness")
        .layer("facts")
        .definedBy("io.vsmmu.operator.agent", "io.vsmmu.operator.node")
        .layer("cache")
        .definedBy("io.vsmmu.operator.cache")
        .whereLayer("reconciler")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("status")
        .mayOnlyBeAccessedByLayers("reconciler")
        .whereLayer("kubevirt")
        .mayOnlyBeAccessedByLayers("reconciler")
        .whereLayer("webhook")
        .mayOnlyBeAccessedByLayers("kubevirt", "reconciler")
        .whereLayer("watch")
        .mayOnlyBeAccessedByLayers("kubevirt", "webhook")
        .whereLayer("operations")
        .mayOnlyBeAccessedByLayers("reconciler")
        .whereLayer("readiness")
        .mayOnlyBeAccessedByLayers("status", "kubevirt", "operations", "reconciler")
        .whereLayer("facts")
        .mayOnlyBeAccessedByLayers("readiness", "reconciler")
        .whereLayer("cache")
        .mayNotAccessAnyLayer()
        .check(CLASSES);
  }

  @Test
  void packagesAreFreeOfCycles() {
    slices().matching("io.vsmmu.operator.(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void decisionsHaveNoEffects() {
    noClasses()
        .that()
        .resideInAPackage("io.vsmmu.operator.readiness")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8.kubernetes.client..", "io.javaoperatorsdk..", "java.time..", "jakarta..")
        .because("a judgement follows from the facts alone, without clock, client or framework")
        .check(CLASSES);
  }
}
