package io.vsmmu.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import org.jspecify.annotations.Nullable;

/**
 * How to meet KubeVirt.
 *
 * @param iommufdSocket whether a container gets KubeVirt's iommufd socket
 * @param permittedHostDevices who keeps our resources in the KubeVirt object
 * @param guestTopology whether guests get one virtual SMMU per physical one
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record KubeVirtSpec(
    @Default("Auto") IommufdSocket iommufdSocket,
    @Default("Managed") Management permittedHostDevices,
    @Default("VSmmu") GuestTopology guestTopology) {

  /** Fills in the schema's defaults. */
  public KubeVirtSpec(
      @Nullable IommufdSocket iommufdSocket,
      @Nullable Management permittedHostDevices,
      @Nullable GuestTopology guestTopology) {
    this.iommufdSocket = requireNonNullElse(iommufdSocket, IommufdSocket.Auto);
    this.permittedHostDevices = requireNonNullElse(permittedHostDevices, Management.Managed);
    this.guestTopology = requireNonNullElse(guestTopology, GuestTopology.VSmmu);
  }

  static KubeVirtSpec defaults() {
    return new KubeVirtSpec(null, null, null);
  }
}
