package io.vsmmu.demo;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What {@code kubectl apply -k} reads, for a base without transformations. */
final class KustomizeBase {

  private KustomizeBase() {}

  /** The files that a kustomization lists, in its order. */
  static List<Path> resources(Path folder) throws IOException {
    var file = folder.resolve("kustomization.yaml");
    try (var yaml = Files.newInputStream(file)) {
      return Serialization.unmarshal(yaml, Kustomization.class).resources().stream()
          .map(folder::resolve)
          .toList();
    }
  }

  @JsonIgnoreProperties({"apiVersion", "kind"}) // anything else would be a transformation
  private record Kustomization(List<String> resources) {}
}
