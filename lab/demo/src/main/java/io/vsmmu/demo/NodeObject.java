package io.vsmmu.demo;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.util.HashMap;
import java.util.Map;

/** The Node in the API, kept as kubelet keeps it. */
final class NodeObject {
  private static final Quantity PODS = new Quantity("110");

  private final KubernetesClient client;
  private final String name;

  NodeObject(KubernetesClient client, String name) {
    this.client = client;
    this.name = name;
  }

  void register() {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("kubernetes.io/hostname", name)
                .addToLabels("kubernetes.io/arch", "arm64")
                .addToLabels("kubernetes.io/os", "linux")
                .endMetadata()
                .build())
        .create();
    client.nodes().withName(name).editStatus(NodeObject::ready);
  }

  /** Writes what the plugins say into capacity and allocatable. */
  void mirror(StandInKubelet kubelet) {
    client.nodes().withName(name).editStatus(node -> withResources(node, kubelet));
  }

  /** How many devices of a resource the scheduler may give out. */
  int allocatable(String resource) {
    var status = client.nodes().withName(name).get().getStatus();
    var quantity = status.getAllocatable().get(resource);
    return quantity == null ? 0 : quantity.getNumericalAmount().intValueExact();
  }

  private static Node ready(Node node) {
    return new NodeBuilder(node)
        .editOrNewStatus()
        .addNewCondition()
        .withType("Ready")
        .withStatus("True")
        .withReason("KubeletReady")
        .withMessage("the demo's stand-in kubelet runs")
        .endCondition()
        .addToCapacity("pods", PODS)
        .addToAllocatable("pods", PODS)
        .endStatus()
        .build();
  }

  private static Node withResources(Node node, StandInKubelet kubelet) {
    Map<String, Quantity> capacity = new HashMap<>();
    Map<String, Quantity> allocatable = new HashMap<>();
    for (var resource : kubelet.resources()) {
      capacity.put(resource, new Quantity(Integer.toString(kubelet.capacity(resource))));
      allocatable.put(resource, new Quantity(Integer.toString(kubelet.allocatable(resource))));
    }
    return new NodeBuilder(node)
        .editOrNewStatus()
        .addToCapacity(capacity)
        .addToAllocatable(allocatable)
        .endStatus()
        .build();
  }
}
