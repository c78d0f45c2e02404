package io.vsmmu.operator.kubevirt;

import static io.vsmmu.operator.cluster.Cluster.eventually;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vsmmu.operator.cluster.Cluster;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** KubeVirt in a cluster, as far as the API server knows of it, and those who edit its object. */
final class KubeVirtInstall {

  private static final Path DEFINITION =
      Path.of("src/test/resources/io/vsmmu/operator/kubevirt/definition.yaml");
  private static final String NAMESPACE = "kubevirt";
  private static final String NAME = "kubevirt";

  private final Cluster cluster;

  KubeVirtInstall(Cluster cluster) {
    this.cluster = cluster;
    cluster.kubectl("create", "namespace", NAMESPACE);
  }

  /** The API, without an installation. */
  void define() {
    cluster.kubectl("apply", "-f", DEFINITION.toString());
    cluster.kubectl(
        "wait", "--for=condition=Established", "crd/kubevirts.kubevirt.io", "--timeout=60s");
  }

  void undefine() {
    cluster.kubectl("delete", "crd", "kubevirts.kubevirt.io", "--wait");
  }

  /** Installs KubeVirt 1.9 with this configuration, and has its operator say that it is done. */
  void deploy(String configuration) {
    GenericKubernetesResource kubevirt =
        Serialization.unmarshal(
            """
            apiVersion: kubevirt.io/v1
            kind: KubeVirt
            metadata: {namespace: kubevirt, name: kubevirt}
            spec:
              configuration:
            """
                + configuration.indent(4),
            GenericKubernetesResource.class);
    // What is established is served a moment later.
    eventually()
        .ignoreException(KubernetesClientException.class)
        .until(() -> objects(cluster.admin()).resource(kubevirt).create() != null);
    release("v1.9.0");
  }

  /** Has its operator say that it is done with this release. */
  void release(String version) {
    object()
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\":{\"phase\":\"Deployed\",\"observedKubeVirtVersion\":\"%s\"}}"
                .formatted(version));
  }

  void remove() {
    object().delete();
  }

  /** A merge patch of the configuration, by a field manager. */
  void patch(String fieldManager, String configuration) {
    object()
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.JSON_MERGE)
                .withFieldManager(fieldManager)
                .build(),
            "{\"spec\":{\"configuration\":%s}}".formatted(configuration));
  }

  /** Reads, changes and writes the list, again if somebody was quicker. */
  void editList(UnaryOperator<List<PciHostDevice>> change) {
    eventually()
        .ignoreExceptionsMatching(
            e -> e instanceof KubernetesClientException conflict && conflict.getCode() == 409)
        .until(() -> {
          GenericKubernetesResource read = object().get();
          Installation kubevirt = Installation.of(read);
          new KubeVirtObjects(cluster.admin())
              .write(
                  read,
                  kubevirt,
                  new PermitPlan(change.apply(kubevirt.permitted()), kubevirt.recorded()));
          return true;
        });
  }

  Installation installation() {
    return Installation.of(object().get());
  }

  /** The configuration as it is now. */
  @Nullable Object configuration() {
    return object().get().get("spec", "configuration");
  }

  /** The entries of the list in short: selector, resource, and whether the provider is external. */
  List<String> list() {
    return installation().permitted().stream()
        .map(entry -> entry.permit().text() + (entry.isExternal() ? " external" : ""))
        .toList();
  }

  Resource<GenericKubernetesResource> object() {
    return objects(cluster.admin()).inNamespace(NAMESPACE).withName(NAME);
  }

  private static MixedOperation<GenericKubernetesResource, ?, Resource<GenericKubernetesResource>>
      objects(KubernetesClient client) {
    return client.genericKubernetesResources(KubeVirtObjects.TYPE);
  }
}
