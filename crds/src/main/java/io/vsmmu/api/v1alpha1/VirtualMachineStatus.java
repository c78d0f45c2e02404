package io.vsmmu.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Required;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A context that was prepared for a container, with its tree of iommufd objects. Ids are the
 * kernel's, valid in that context alone.
 *
 * @param allocation the agent's id of the allocation
 * @param pod the container; absent until it is known whose the allocation is
 * @param state how far the context has come
 * @param ioas the guest's address space
 * @param nestingParents second-stage page tables, one per SMMU that cannot share another's
 * @param viommus one per physical SMMU
 * @param devices the functions that were handed over
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@SchemaCustomizer(
    value = ListMapKeys.class,
    input = "nestingParents=id viommus=id devices=pciAddress")
@JsonIgnoreProperties(ignoreUnknown = true)
public record VirtualMachineStatus(
    @Required String allocation,
    @Nullable PodReference pod,
    @Required VirtualMachineState state,
    @Nullable Long ioas,
    List<NestingParentStatus> nestingParents,
    List<VirtualIommuStatus> viommus,
    List<VirtualDeviceStatus> devices) {

  /** Takes a missing list for an empty one. */
  public VirtualMachineStatus(
      String allocation,
      @Nullable PodReference pod,
      VirtualMachineState state,
      @Nullable Long ioas,
      @Nullable List<NestingParentStatus> nestingParents,
      @Nullable List<VirtualIommuStatus> viommus,
      @Nullable List<VirtualDeviceStatus> devices) {
    this.allocation = allocation;
    this.pod = pod;
    this.state = state;
    this.ioas = ioas;
    this.nestingParents = List.copyOf(requireNonNullElse(nestingParents, List.of()));
    this.viommus = List.copyOf(requireNonNullElse(viommus, List.of()));
    this.devices = List.copyOf(requireNonNullElse(devices, List.of()));
  }
}
