package io.vsmmu.operator.kubevirt;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.vsmmu.api.v1alpha1.Names;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads and changes KubeVirt objects. */
final class KubeVirtObjects {

  /** Name of the custom resource definition. */
  static final String DEFINITION = "kubevirts.kubevirt.io";

  /** What is read and written. */
  static final ResourceDefinitionContext TYPE =
      new ResourceDefinitionContext.Builder()
          .withGroup("kubevirt.io")
          .withVersion("v1")
          .withKind("KubeVirt")
          .withPlural("kubevirts")
          .withNamespaced(true)
          .build();

  private final KubernetesClient client;

  KubeVirtObjects(KubernetesClient client) {
    this.client = client;
  }

  /** The object as it is now; null when it is gone. */
  @Nullable GenericKubernetesResource read(GenericKubernetesResource known) {
    return resource(known).get();
  }

  /**
   * Changes the list and our record of it.
   *
   * @throws io.fabric8.kubernetes.client.KubernetesClientException with code 409 if the object is
   *     no longer the one that was read
   */
  void write(GenericKubernetesResource read, Installation kubevirt, PermitPlan plan) {
    Map<String, Object> patch =
        Map.of(
            "metadata",
            Map.of(
                "resourceVersion",
                read.getMetadata().getResourceVersion(),
                "annotations",
                only(Installation.RECORD, Installation.record(plan.recorded()))),
            "spec",
            Map.of("configuration", only("permittedHostDevices", permitted(kubevirt, plan))));
    resource(read)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.JSON_MERGE)
                .withFieldManager(Names.OPERATOR)
                .build(),
            client.getKubernetesSerialization().asJson(patch));
  }

  private static @Nullable Map<String, Object> permitted(Installation kubevirt, PermitPlan plan) {
    List<Map<String, Object>> entries = plan.entries().stream().map(PciHostDevice::fields).toList();
    if (!entries.isEmpty()) {
      return only("pciHostDevices", entries);
    }
    // To KubeVirt an empty object means that nothing is permitted, none that it need not ask.
    return kubevirt.alone() ? null : only("pciHostDevices", null);
  }

  /** In a merge patch, null takes the field away. */
  private static Map<String, Object> only(String name, @Nullable Object value) {
    Map<String, Object> map = new HashMap<>();
    map.put(name, value);
    return map;
  }

  private Resource<GenericKubernetesResource> resource(GenericKubernetesResource object) {
    return client
        .genericKubernetesResources(TYPE)
        .inNamespace(object.getMetadata().getNamespace())
        .withName(object.getMetadata().getName());
  }
}
