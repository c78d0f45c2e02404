package io.vsmmu.iommufd.smmu;

import io.vsmmu.iommufd.smmu.SmmuCapabilities.TableEndianness;
import io.vsmmu.iommufd.smmu.SmmuCapabilities.TableFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * One of the comparisons that QEMU 11 makes when a device joins an accelerated SMMU ({@code
 * hw/arm/smmuv3-accel.c}). What is not compared here, such as stalls and PRI, QEMU keeps from the
 * guest whatever the hardware has.
 */
record GuestCheck<T>(
    String field,
    Function<SmmuCapabilities, T> value,
    String unit,
    BiPredicate<T, T> holds,
    String rule) {

  private static final String AT_LEAST = "the guest's must not have more";
  private static final String SAME = "both must be the same";
  private static final String BOTH_OR_NONE = "both or none must have it";
  private static final String ONLY_IF = "the guest's can have it only where the SMMU has it";

  private static final List<GuestCheck<?>> CHECKS =
      List.of(
          new GuestCheck<>(
              "IDR0.ST_LEVEL",
              SmmuCapabilities::streamTableLevels,
              " levels",
              Integer::equals,
              SAME),
          new GuestCheck<>(
              "IDR0.TTENDIAN",
              SmmuCapabilities::tableEndianness,
              "",
              GuestCheck::reads,
              "the SMMU must read the guest's tables"),
          new GuestCheck<>(
              "IDR0.TTF",
              SmmuCapabilities::tableFormat,
              "",
              GuestCheck::includes,
              "the SMMU must know the guest's table format"),
          atLeast("IDR1.SIDSIZE", SmmuCapabilities::sidSize),
          atLeast("IDR1.SSIDSIZE", SmmuCapabilities::ssidSize),
          onlyIf("IDR3.RIL", SmmuCapabilities::ril),
          atLeast("IDR5.OAS", SmmuCapabilities::oas),
          onlyIf("IDR0.ATS", SmmuCapabilities::ats),
          bothOrNone(Granule.GRAN4K),
          bothOrNone(Granule.GRAN16K),
          bothOrNone(Granule.GRAN64K));

  static List<Mismatch> all(SmmuCapabilities physical, SmmuCapabilities guest) {
    return CHECKS.stream().flatMap(check -> check.compare(physical, guest).stream()).toList();
  }

  private Optional<Mismatch> compare(SmmuCapabilities physical, SmmuCapabilities guest) {
    T has = value.apply(physical);
    T wants = value.apply(guest);
    return holds.test(has, wants)
        ? Optional.empty()
        : Optional.of(new Mismatch(field, has + unit, wants + unit, rule));
  }

  private static GuestCheck<Integer> atLeast(
      String field, Function<SmmuCapabilities, Integer> value) {
    return new GuestCheck<>(field, value, " bits", (has, wants) -> has >= wants, AT_LEAST);
  }

  private static GuestCheck<Boolean> onlyIf(
      String field, Function<SmmuCapabilities, Boolean> value) {
    return new GuestCheck<>(field, value, "", (has, wants) -> has || !wants, ONLY_IF);
  }

  private static GuestCheck<Boolean> bothOrNone(Granule granule) {
    return new GuestCheck<>(
        "IDR5." + granule.name(), smmu -> smmu.has(granule), "", Boolean::equals, BOTH_OR_NONE);
  }

  /** As QEMU compares the fields' values: mixed is read by all, little by little only. */
  private static boolean reads(TableEndianness has, TableEndianness wants) {
    return has.ordinal() <= wants.ordinal();
  }

  private static boolean includes(TableFormat has, TableFormat wants) {
    return has.ordinal() >= wants.ordinal();
  }
}
