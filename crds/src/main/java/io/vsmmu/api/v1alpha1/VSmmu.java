package io.vsmmu.api.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * One node's PCI devices for virtual machines: which of them become which extended resource, and
 * what the node's SMMUs, devices and virtual machines look like. Cluster-scoped; its name is the
 * node's.
 */
@Group(VSmmu.GROUP)
@Version(VSmmu.VERSION)
@Kind(VSmmu.KIND)
@Plural(VSmmu.PLURAL)
@ShortNames("vsm")
@ValidationRule(
    value = "self.metadata.name == self.spec.nodeName",
    fieldPath = ".spec.nodeName",
    messageExpression =
        "'metadata.name must be the name of the node: rename this VSmmu to ' + self.spec.nodeName"
            + " + ' or set spec.nodeName to ' + self.metadata.name")
@AdditionalPrinterColumn(
    name = "Node",
    jsonPath = ".spec.nodeName",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Ready",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].status",
    type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
    name = "Reason",
    jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
    type = AdditionalPrinterColumn.Type.STRING,
    priority = 1)
@AdditionalPrinterColumn(
    name = "SMMUs",
    jsonPath = ".status.counts.smmus",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Devices",
    jsonPath = ".status.counts.devices",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Allocated",
    jsonPath = ".status.counts.allocated",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "VMs",
    jsonPath = ".status.counts.virtualMachines",
    type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
    name = "Age",
    jsonPath = ".metadata.creationTimestamp",
    type = AdditionalPrinterColumn.Type.DATE)
public final class VSmmu extends CustomResource<VSmmuSpec, VSmmuStatus> {

  private static final long serialVersionUID = 1;

  public static final String GROUP = "vsmmu.io";
  public static final String VERSION = "v1alpha1";
  public static final String KIND = "VSmmu";
  public static final String PLURAL = "vsmmus";

  /** For Jackson and the Kubernetes client. */
  public VSmmu() {}

  @Override
  @Required
  public VSmmuSpec getSpec() {
    return super.getSpec();
  }

  /**
   * The object of a node, as its owner writes it.
   *
   * @param spec the wish; the object is named after its node
   */
  public static VSmmu of(VSmmuSpec spec) {
    VSmmu vsmmu = new VSmmu();
    vsmmu.setMetadata(new ObjectMetaBuilder().withName(spec.nodeName()).build());
    vsmmu.setSpec(spec);
    return vsmmu;
  }

  /**
   * What a field manager sends to the status subresource by server-side apply: its own fields, and
   * no others.
   *
   * @param name the object's name, which is the node's
   * @param status the fields that the writer owns; those it leaves out it does not claim
   */
  public static VSmmu statusPatch(String name, VSmmuStatus status) {
    VSmmu vsmmu = new VSmmu();
    vsmmu.setMetadata(new ObjectMetaBuilder().withName(name).build());
    vsmmu.setStatus(status);
    return vsmmu;
  }
}
