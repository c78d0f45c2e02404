package io.vsmmu.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the node stands with KubeVirt. The operator writes it, for the agent sees one node only.
 *
 * @param iommufdSocket whether the agent serves KubeVirt's iommufd socket; absent as long as
 *     KubeVirt's gate is not known, and then nobody gets one unless the spec says {@code Always}
 * @param virtualMachines the virtual machines behind the pods of {@code virtualMachines} in the
 *     status
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = ListMapKeys.class, input = "virtualMachines=namespace,pod")
public record KubeVirtStatus(
    @Nullable EffectiveSocket iommufdSocket, List<KubeVirtMachine> virtualMachines) {

  /** Takes a missing list for an empty one. */
  public KubeVirtStatus(
      @Nullable EffectiveSocket iommufdSocket, @Nullable List<KubeVirtMachine> virtualMachines) {
    this.iommufdSocket = iommufdSocket;
    this.virtualMachines = List.copyOf(requireNonNullElse(virtualMachines, List.of()));
  }
}
