package io.vsmmu.operator.kubevirt;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.vsmmu.api.v1alpha1.Names;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What of the KubeVirt object matters here.
 *
 * @param namespace the object's
 * @param name the object's
 * @param phase {@code Deployed} when KubeVirt's operator is done; empty before it began
 * @param version the release that runs; empty before one does
 * @param gates its feature gates
 * @param permitted the list {@code pciHostDevices}, in its order
 * @param alone whether {@code permittedHostDevices} has that list only
 * @param recorded those entries of the list that this operator added, by its own annotation
 * @param writers field managers that own some of the object, its status and this operator aside
 */
record Installation(
    String namespace,
    String name,
    String phase,
    String version,
    FeatureGates gates,
    List<PciHostDevice> permitted,
    boolean alone,
    Set<Permit> recorded,
    Set<String> writers) {

  /** Annotation of the KubeVirt object that tells our entries from those of others. */
  static final String RECORD = "vsmmu.io/permitted-host-devices";

  private static final String PCI_HOST_DEVICES = "pciHostDevices";
  private static final String DEPLOYED = "Deployed";

  Installation {
    permitted = List.copyOf(permitted);
    recorded = Set.copyOf(recorded);
    writers = Set.copyOf(writers);
  }

  static Installation of(GenericKubernetesResource kubevirt) {
    Map<String, Object> configuration =
        child(child(kubevirt.getAdditionalProperties(), "spec"), "configuration");
    Map<String, Object> permitted = child(configuration, "permittedHostDevices");
    Map<String, Object> status = child(kubevirt.getAdditionalProperties(), "status");
    return new Installation(
        kubevirt.getMetadata().getNamespace(),
        kubevirt.getMetadata().getName(),
        text(status, "phase"),
        text(status, "observedKubeVirtVersion"),
        new FeatureGates(
            list(child(configuration, "developerConfiguration"), "featureGates").stream()
                .map(Object::toString)
                .collect(Collectors.toSet())),
        list(permitted, PCI_HOST_DEVICES).stream()
            .map(entry -> new PciHostDevice(fields(entry)))
            .toList(),
        Set.of(PCI_HOST_DEVICES).containsAll(permitted.keySet()),
        recorded(kubevirt.getMetadata().getAnnotations()),
        writers(kubevirt.getMetadata().getManagedFields()));
  }

  /** Whether its virtual machines may bring hook sidecars, and can have what ours adds. */
  boolean takesOurSidecar() {
    return gates.isOn(FeatureGates.SIDECAR) && !isTooOld();
  }

  /** Whether it is known to be from before virtual machines could have an iommufd context. */
  boolean isTooOld() {
    return KubeVirtRelease.parse(version)
        .map(release -> release.isBefore(KubeVirtRelease.WITH_IOMMUFD_SOCKET))
        .orElse(false);
  }

  boolean isDeployed() {
    return DEPLOYED.equals(phase);
  }

  Set<Permit> permits() {
    return permitted.stream().map(PciHostDevice::permit).collect(Collectors.toSet());
  }

  /** Those of which KubeVirt leaves the devices to other device plugins. */
  Set<Permit> externalPermits() {
    return permitted.stream()
        .filter(PciHostDevice::isExternal)
        .map(PciHostDevice::permit)
        .collect(Collectors.toSet());
  }

  /** How to call the object in a message. */
  String title() {
    return "KubeVirt " + namespace + "/" + name;
  }

  /** The annotation's value for these entries; null when there are none. */
  static @Nullable String record(Set<Permit> ours) {
    return ours.isEmpty()
        ? null
        : new TreeSet<>(ours).stream().map(Permit::text).collect(Collectors.joining(","));
  }

  /** What somebody else wrote into the annotation speaks of no entry of ours. */
  private static Set<Permit> recorded(@Nullable Map<String, String> annotations) {
    String text = annotations == null ? null : annotations.get(RECORD);
    return text == null || text.isEmpty()
        ? Set.of()
        : Arrays.stream(text.split(",", -1))
            .flatMap(entry -> Permit.parse(entry).stream())
            .collect(Collectors.toSet());
  }

  private static Set<String> writers(@Nullable List<ManagedFieldsEntry> entries) {
    return requireNonNullElse(entries, List.<ManagedFieldsEntry>of()).stream()
        .filter(entry -> entry.getSubresource() == null && entry.getManager() != null)
        .map(ManagedFieldsEntry::getManager)
        .filter(manager -> !Names.OPERATOR.equals(manager))
        .collect(Collectors.toSet());
  }

  private static Map<String, Object> child(Map<String, Object> parent, String name) {
    Object value = parent.get(name);
    return value == null ? Map.of() : fields(value);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> fields(Object value) {
    return (Map<String, Object>) value;
  }

  private static List<?> list(Map<String, Object> parent, String name) {
    return parent.get(name) instanceof List<?> items ? items : List.of();
  }

  private static String text(Map<String, Object> parent, String name) {
    return parent.get(name) instanceof String text ? text : "";
  }
}
