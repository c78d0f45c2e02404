package io.vsmmu.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a node's owner asks for.
 *
 * @param nodeName the node, which cannot be changed; also the object's name
 * @param resources extended resources that the node is to advertise, each with its devices; with
 *     none the agent only reports what it finds
 * @param kubevirt how to meet KubeVirt
 * @param dryRun report what would be done, and neither bind a device nor register a resource
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = ListMapKeys.class, input = "resources=name")
@ValidationRule(
    value =
        "!(self.kubevirt.iommufdSocket == 'Always'"
            + " && self.resources.exists(r, r.handoff == 'Bound'))",
    message =
        "handoff: Bound cannot go with kubevirt.iommufdSocket: Always, for libvirt binds the devices"
            + " itself; set handoff: Unbound, or iommufdSocket: Auto or Never")
@ValidationRule(
    value = "self.nodeName == oldSelf.nodeName",
    fieldPath = ".nodeName",
    message = "cannot be changed; delete this VSmmu and create one for the other node")
public record VSmmuSpec(
    @Required @Size(min = 1, max = 253) @Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
        String nodeName,
    @Default("[]") @Size(max = 64) List<ResourceSpec> resources,
    @Default("{}") KubeVirtSpec kubevirt,
    @Default("false") Boolean dryRun) {

  /** Fills in the schema's defaults. */
  public VSmmuSpec(
      String nodeName,
      @Nullable List<ResourceSpec> resources,
      @Nullable KubeVirtSpec kubevirt,
      @Nullable Boolean dryRun) {
    this.nodeName = nodeName;
    this.resources = List.copyOf(requireNonNullElse(resources, List.of()));
    this.kubevirt = requireNonNullElseGet(kubevirt, KubeVirtSpec::defaults);
    this.dryRun = requireNonNullElse(dryRun, false);
  }
}
