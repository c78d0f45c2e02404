package io.vsmmu.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
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

  @Test
  void isTheOneThatTheClassesMake(@TempDir Path directory) throws IOException {
    new CRDGenerator()
        .inOutputDir(directory.toFile())
        .withMinQuotes(true)
        .forCRDVersions("v1")
        .withPostProcessor(new ColumnsAsDeclared())
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

  /** The generator sorts the columns by path; kubectl prints them in the order given. */
  private static final class ColumnsAsDeclared implements CRDPostProcessor {

    private static final List<String> NAMES =
        Stream.of(VSmmu.class.getAnnotationsByType(AdditionalPrinterColumn.class))
            .map(AdditionalPrinterColumn::name)
            .toList();

    @Override
    public HasMetadata process(HasMetadata definition, String crdSpecVersion) {
      ((CustomResourceDefinition) definition)
          .getSpec()
          .getVersions()
          .forEach(version ->
              version
                  .getAdditionalPrinterColumns()
                  .sort(Comparator.comparingInt(column -> NAMES.indexOf(column.getName()))));
      return definition;
    }
  }
}
