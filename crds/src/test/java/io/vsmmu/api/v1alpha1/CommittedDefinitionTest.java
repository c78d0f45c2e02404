package io.vsmmu.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The definition under {@code deploy/} is the one that the classes make. Regenerate it with {@code
 * tools/mvn -pl crds test -Dtest=CommittedDefinitionTest -Dvsmmu.crds.write=true}.
 */
class CommittedDefinitionTest {

  private static final Path COMMITTED =
      Path.of("..", "deploy", "base", "crds", "vsmmus.vsmmu.io.yaml");

  private static final Path SOURCES =
      Path.of("src", "main", "java", "io", "vsmmu", "api", "v1alpha1");

  @Test
  void isTheOneThatTheClassesMake(@TempDir Path directory) throws IOException {
    new CRDGenerator()
        .inOutputDir(directory.toFile())
        .withMinQuotes(true)
        .forCRDVersions("v1")
        .withPostProcessor(new Finish(Javadoc.of(SOURCES)))
        .customResourceClasses(VSmmu.class)
        .generate();
    String generated = Files.readString(directory.resolve("vsmmus.vsmmu.io-v1.yml"));

    if (Boolean.getBoolean("vsmmu.crds.write")) {
      Files.createDirectories(COMMITTED.getParent());
      Files.writeString(COMMITTED, generated);
    }

    assertThat(COMMITTED)
        .as(
            "regenerate with: tools/mvn -pl crds test -Dtest=CommittedDefinitionTest"
                + " -Dvsmmu.crds.write=true")
        .hasContent(generated);
  }

  /** What the generator does not do by itself. */
  private static final class Finish implements CRDPostProcessor {

    private static final List<String> COLUMNS =
        Stream.of(VSmmu.class.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();

    private final DescriptionsFromJavadoc descriptions;

    Finish(Javadoc javadoc) {
      this.descriptions = new DescriptionsFromJavadoc(javadoc);
    }

    @Override
    public HasMetadata process(HasMetadata generated, String crdSpecVersion) {
      CustomResourceDefinition definition = (CustomResourceDefinition) generated;
      definition.getSpec().getVersions().forEach(Finish::order);
      descriptions.describe(definition);
      return definition;
    }

    /** The generator sorts the columns by path; kubectl prints them in the order given. */
    private static void order(CustomResourceDefinitionVersion version) {
      version
          .getAdditionalPrinterColumns()
          .sort(Comparator.comparingInt(column -> COLUMNS.indexOf(column.getName())));
    }
  }
}
