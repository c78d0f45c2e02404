package io.vsmmu.standin.kubelet;

import io.grpc.stub.StreamObserver;
import io.vsmmu.agent.kubelet.api.podresources.ContainerDevices;
import io.vsmmu.agent.kubelet.api.podresources.ContainerResources;
import io.vsmmu.agent.kubelet.api.podresources.ListPodResourcesRequest;
import io.vsmmu.agent.kubelet.api.podresources.ListPodResourcesResponse;
import io.vsmmu.agent.kubelet.api.podresources.PodResources;
import io.vsmmu.agent.kubelet.api.podresources.PodResourcesListerGrpc;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** PodResources {@code v1}: every pod with its containers' devices, by name and without UIDs. */
final class PodResourcesService extends PodResourcesListerGrpc.PodResourcesListerImplBase {
  private final Supplier<Collection<PodRef>> others;
  private final Supplier<Collection<Assignment>> assignments;

  /**
   * @param others pods without devices
   */
  PodResourcesService(
      Supplier<Collection<PodRef>> others, Supplier<Collection<Assignment>> assignments) {
    this.others = others;
    this.assignments = assignments;
  }

  @Override
  public void list(
      ListPodResourcesRequest request, StreamObserver<ListPodResourcesResponse> observer) {
    Map<PodRef, Map<String, ContainerResources.Builder>> pods = new LinkedHashMap<>();
    others.get().forEach(pod -> pods.put(pod, new LinkedHashMap<>()));
    for (Assignment assignment : assignments.get()) {
      pods.computeIfAbsent(assignment.pod(), pod -> new LinkedHashMap<>())
          .computeIfAbsent(
              assignment.container(), name -> ContainerResources.newBuilder().setName(name))
          .addDevices(
              ContainerDevices.newBuilder()
                  .setResourceName(assignment.resource())
                  .addAllDeviceIds(assignment.ids()));
    }
    var response = ListPodResourcesResponse.newBuilder();
    pods.forEach((pod, containers) -> {
      var resources = PodResources.newBuilder().setName(pod.name()).setNamespace(pod.namespace());
      containers.values().forEach(resources::addContainers);
      response.addPodResources(resources);
    });
    observer.onNext(response.build());
    observer.onCompleted();
  }
}
