package io.vsmmu.agent.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.vsmmu.agent.allocation.DeviceHolders;
import io.vsmmu.agent.allocation.PodContainer;
import io.vsmmu.agent.kubelet.KubeletCheckpoint.DeviceKey;
import io.vsmmu.agent.kubelet.api.podresources.ContainerDevices;
import io.vsmmu.agent.kubelet.api.podresources.ContainerResources;
import io.vsmmu.agent.kubelet.api.podresources.ListPodResourcesRequest;
import io.vsmmu.agent.kubelet.api.podresources.ListPodResourcesResponse;
import io.vsmmu.agent.kubelet.api.podresources.PodResources;
import io.vsmmu.agent.kubelet.api.podresources.PodResourcesListerGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The holders of devices from kubelet's PodResources API ({@code v1}), which tells pods by name
 * only, completed with the pods' UIDs from kubelet's device checkpoint.
 */
public final class PodResourcesHolders implements DeviceHolders, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PodResourcesHolders.class);

  private final Path socket;
  private final Duration limit;
  private final KubeletCheckpoint checkpoint;
  private final Optional<OwnPod> ownPod;
  private final UnixGrpc grpc = new UnixGrpc();

  /**
   * @param socket kubelet's {@code pod-resources/kubelet.sock}
   * @param devicePlugins kubelet's {@code device-plugins} folder, where the checkpoint lies
   * @param ownPod the agent's pod; empty where it runs in none, and then every list counts as
   *     complete
   */
  public PodResourcesHolders(
      Path socket, Path devicePlugins, Optional<OwnPod> ownPod, KubeletTimings timings) {
    this.socket = socket;
    this.ownPod = ownPod;
    this.limit = timings.list();
    this.checkpoint = new KubeletCheckpoint(devicePlugins);
  }

  @Override
  public Listing list() throws IOException {
    Optional<String> before = kubelet();
    List<PodResources> pods = call().getPodResourcesList();
    Optional<String> kubelet = before.filter(run -> kubelet().filter(run::equals).isPresent());
    boolean complete = ownPod.isEmpty() || pods.stream().anyMatch(this::isOwn);
    if (pods.isEmpty()) {
      return new Listing(complete, kubelet, List.of());
    }
    Map<DeviceKey, String> uids = checkpoint.podUids();
    return new Listing(
        complete, kubelet, pods.stream().flatMap(pod -> holders(pod, uids)).toList());
  }

  /** Kubelet makes its socket anew at every start. */
  private Optional<String> kubelet() {
    try {
      return Optional.of(Files.readAttributes(socket, "unix:ino,ctime").toString());
    } catch (IOException e) {
      LOG.debug("which kubelet serves {} cannot be told: {}", socket, e.toString());
      return Optional.empty();
    }
  }

  private boolean isOwn(PodResources pod) {
    return ownPod
        .filter(
            own -> own.namespace().equals(pod.getNamespace()) && own.name().equals(pod.getName()))
        .isPresent();
  }

  private ListPodResourcesResponse call() throws IOException {
    // A channel per call: kubelet may have been restarted since, and calls are rare.
    ManagedChannel channel = grpc.connect(socket);
    try {
      return PodResourcesListerGrpc.newBlockingStub(channel)
          .withDeadlineAfter(limit)
          .list(ListPodResourcesRequest.getDefaultInstance());
    } catch (StatusRuntimeException e) {
      throw new IOException("PodResources List on " + socket + ": " + UnixGrpc.describe(e), e);
    } finally {
      channel.shutdownNow();
    }
  }

  private static Stream<Holder> holders(PodResources pod, Map<DeviceKey, String> uids) {
    return pod.getContainersList().stream().flatMap(container -> holders(pod, container, uids));
  }

  private static Stream<Holder> holders(
      PodResources pod, ContainerResources container, Map<DeviceKey, String> uids) {
    // Kubelet lists the devices of one resource in one entry per NUMA node.
    Map<String, Set<String>> byResource =
        container.getDevicesList().stream()
            .filter(devices -> devices.getDeviceIdsCount() > 0)
            .collect(
                Collectors.groupingBy(
                    ContainerDevices::getResourceName,
                    Collectors.flatMapping(
                        devices -> devices.getDeviceIdsList().stream(), Collectors.toSet())));
    return byResource.entrySet().stream()
        .map(entry -> {
          String uid = uid(entry.getKey(), entry.getValue(), container.getName(), uids);
          return new Holder(
              new PodContainer(pod.getNamespace(), pod.getName(), uid, container.getName()),
              entry.getKey(),
              entry.getValue());
        });
  }

  /** Null unless the checkpoint names one pod for all these devices. */
  private static @Nullable String uid(
      String resource, Set<String> ids, String container, Map<DeviceKey, String> uids) {
    List<String> found =
        ids.stream()
            .map(id -> uids.get(new DeviceKey(resource, id, container)))
            .filter(Objects::nonNull)
            .distinct()
            .toList();
    return found.size() == 1 ? found.getFirst() : null;
  }

  @Override
  public void close() {
    grpc.close();
  }

  /** The pod that the agent runs in: a kubelet that does not list it does not know its pods. */
  public record OwnPod(String namespace, String name) {}
}
