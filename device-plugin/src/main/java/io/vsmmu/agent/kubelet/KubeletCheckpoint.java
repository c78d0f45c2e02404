package io.vsmmu.agent.kubelet;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kubelet's {@code kubelet_internal_checkpoint}: which pod's UID holds which device. Kubelet
 * replaces it, by rename, before it starts the container (package {@code
 * kubelet/cm/devicemanager/checkpoint}, the form since Kubernetes 1.20). No API on the node tells
 * UIDs, and the API server may be away when a container asks for its devices.
 */
final class KubeletCheckpoint {
  private static final Logger LOG = LoggerFactory.getLogger(KubeletCheckpoint.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;

  /** What was said last; it is asked every other second. */
  private volatile String complaint = "";

  /**
   * @param folder kubelet's {@code device-plugins} folder
   */
  KubeletCheckpoint(Path folder) {
    file = folder.resolve("kubelet_internal_checkpoint");
  }

  /** Pod UIDs by device; empty when the file is not there or not in the known form. */
  Map<DeviceKey, String> podUids() {
    Content content;
    try {
      content = JSON.readValue(Files.readAllBytes(file), Content.class);
      complaint = "";
    } catch (IOException e) {
      complainOnce(e.toString());
      return Map.of();
    }
    Map<DeviceKey, String> uids = new HashMap<>();
    for (Entry entry : content.entries()) {
      for (List<String> ids : entry.devicesByNumaNode().values()) {
        for (String id : ids) {
          uids.put(new DeviceKey(entry.resource(), id, entry.container()), entry.podUid());
        }
      }
    }
    return uids;
  }

  private void complainOnce(String what) {
    if (!what.equals(complaint)) {
      complaint = what;
      LOG.warn("cannot tell pod UIDs from {}: {}; containers are refused meanwhile", file, what);
    }
  }

  /** A device of a container, which has one pod at a time. */
  record DeviceKey(String resource, String id, String container) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Content(@JsonProperty("Data") @Nullable Data data) {
    List<Entry> entries() {
      return data == null || data.entries == null ? List.of() : data.entries;
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Data(@JsonProperty("PodDeviceEntries") @Nullable List<Entry> entries) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Entry(
      @JsonProperty(value = "PodUID", required = true) String podUid,
      @JsonProperty(value = "ContainerName", required = true) String container,
      @JsonProperty(value = "ResourceName", required = true) String resource,
      @JsonProperty(value = "DeviceIDs", required = true)
          Map<String, List<String>> devicesByNumaNode) {}
}
