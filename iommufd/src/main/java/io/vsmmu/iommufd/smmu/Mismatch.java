package io.vsmmu.iommufd.smmu;

/**
 * Something that a guest's SMMU cannot have on a physical one.
 *
 * @param field the register's field, e.g. {@code IDR5.OAS}
 * @param physical what the physical SMMU has
 * @param guest what the guest's was to have
 * @param rule what must hold
 */
public record Mismatch(String field, String physical, String guest, String rule) {

  /** One line, e.g. {@code IDR5.OAS: 44 bits, the guest's 48 bits: …}. */
  @Override
  public String toString() {
    return "%s: the SMMU has %s, the guest's %s; %s".formatted(field, physical, guest, rule);
  }
}
