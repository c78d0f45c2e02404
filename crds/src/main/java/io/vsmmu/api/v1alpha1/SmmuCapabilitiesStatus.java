package io.vsmmu.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a virtual SMMU on a physical one may offer its guest; from the ID registers that {@code
 * IOMMU_GET_HW_INFO} returns. Fields are named as in the Arm SMMUv3 specification (IHI 0070, 6.3)
 * and in QEMU's {@code arm-smmuv3} properties.
 *
 * @param oas output address size in bits
 * @param sidsize stream id size in bits
 * @param ssidsize substream id size in bits; 0 means no substreams
 * @param ril range invalidation
 * @param ats address translation services
 * @param stall the stall model
 * @param s2fwb stage 2 can force write-back
 * @param granules translation granules: {@code 4K}, {@code 16K}, {@code 64K}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record SmmuCapabilitiesStatus(
    @Nullable Integer oas,
    @Nullable Integer sidsize,
    @Nullable Integer ssidsize,
    @Nullable Boolean ril,
    @Nullable Boolean ats,
    @Nullable Boolean stall,
    @Nullable Boolean s2fwb,
    List<String> granules) {

  /** Takes a missing list for an empty one. */
  public SmmuCapabilitiesStatus(
      @Nullable Integer oas,
      @Nullable Integer sidsize,
      @Nullable Integer ssidsize,
      @Nullable Boolean ril,
      @Nullable Boolean ats,
      @Nullable Boolean stall,
      @Nullable Boolean s2fwb,
      @Nullable List<String> granules) {
    this.oas = oas;
    this.sidsize = sidsize;
    this.ssidsize = ssidsize;
    this.ril = ril;
    this.ats = ats;
    this.stall = stall;
    this.s2fwb = s2fwb;
    this.granules = List.copyOf(requireNonNullElse(granules, List.of()));
  }
}
