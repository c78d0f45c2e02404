package io.vsmmu.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An extended resource and the devices that make it up.
 *
 * @param name extended-resource name, such as {@code vsmmu.io/nic}
 * @param selectors a device belongs to the resource when any of these matches
 * @param driver kernel driver that the devices are to be on: {@code vfio-pci} or a variant driver
 * @param binding who puts the devices on that driver
 * @param vfioNodes which VFIO device nodes a container gets
 * @param initialProxy nested hardware page table that a device is attached to first
 * @param handoff state in which devices are handed over
 * @param nesting whether a device whose SMMU cannot nest is advertised
 * @param allowNoReset advertise also devices that the kernel cannot reset: the next virtual machine
 *     finds them as the one before left them
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
    value =
        "self.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
            + "/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$')"
            + " && self.name.split('/')[0].size() <= 244 && self.name.split('/')[1].size() <= 63",
    fieldPath = ".name",
    message =
        "must be an extended resource's name: a DNS subdomain of at most 244 characters, '/', and a"
            + " name of at most 63, for example vsmmu.io/nic")
@ValidationRule(
    value = "!self.name.contains('kubernetes.io/') && !self.name.startsWith('requests.')",
    fieldPath = ".name",
    message =
        "must not be in a kubernetes.io domain nor start with 'requests.': Kubernetes keeps those for"
            + " itself")
public record ResourceSpec(
    @Required @Size(min = 3, max = 300) String name,
    @Required @Size(min = 1, max = 64) List<DeviceSelector> selectors,
    @Default("vfio-pci") @Size(min = 1, max = 64) @Pattern("^[A-Za-z0-9_-]+$") String driver,
    @Default("Managed") Management binding,
    @Default("LegacyAndCdev") VfioNodes vfioNodes,
    @Default("Bypass") InitialProxy initialProxy,
    @Default("Unbound") Handoff handoff,
    @Default("Required") Nesting nesting,
    @Default("false") Boolean allowNoReset) {

  /** Driver that devices are bound to unless the spec names another. */
  public static final String DEFAULT_DRIVER = "vfio-pci";

  /** Fills in the schema's defaults. */
  public ResourceSpec(
      String name,
      @Nullable List<DeviceSelector> selectors,
      @Nullable String driver,
      @Nullable Management binding,
      @Nullable VfioNodes vfioNodes,
      @Nullable InitialProxy initialProxy,
      @Nullable Handoff handoff,
      @Nullable Nesting nesting,
      @Nullable Boolean allowNoReset) {
    this.name = name;
    this.selectors = List.copyOf(requireNonNullElse(selectors, List.of()));
    this.driver = requireNonNullElse(driver, DEFAULT_DRIVER);
    this.binding = requireNonNullElse(binding, Management.Managed);
    this.vfioNodes = requireNonNullElse(vfioNodes, VfioNodes.LegacyAndCdev);
    this.initialProxy = requireNonNullElse(initialProxy, InitialProxy.Bypass);
    this.handoff = requireNonNullElse(handoff, Handoff.Unbound);
    this.nesting = requireNonNullElse(nesting, Nesting.Required);
    this.allowNoReset = requireNonNullElse(allowNoReset, false);
  }

  /** A resource with the defaults for all but its name and devices. */
  public static ResourceSpec of(String name, DeviceSelector... selectors) {
    return new ResourceSpec(name, List.of(selectors), null, null, null, null, null, null, null);
  }
}
