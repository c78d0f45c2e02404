package io.vsmmu.standin.kubelet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * {@code kubelet_internal_checkpoint} in the form that kubelet writes, but for the pods' names,
 * which kubelet learns again from the API server and the stand-in keeps here.
 */
final class CheckpointFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;

  CheckpointFile(Path folder) {
    file = folder.resolve("kubelet_internal_checkpoint");
  }

  void write(Collection<Assignment> assignments) {
    ObjectNode root = JSON.createObjectNode();
    var entries = root.putObject("Data").putArray("PodDeviceEntries");
    for (Assignment assignment : assignments) {
      ObjectNode entry =
          entries
              .addObject()
              .put("PodUID", assignment.pod().uid())
              .put("ContainerName", assignment.container())
              .put("ResourceName", assignment.resource())
              .put("AllocResp", assignment.answer().toByteArray());
      // The key is the NUMA node, -1 without one.
      assignment.ids().forEach(entry.putObject("DeviceIDs").putArray("-1")::add);
      entry.put("StandInPodName", assignment.pod().name());
      entry.put("StandInPodNamespace", assignment.pod().namespace());
    }
    root.put("Checksum", 0);
    try {
      Path unfinished = Files.createTempFile(file.getParent(), ".", file.getFileName().toString());
      Files.write(unfinished, JSON.writeValueAsBytes(root));
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Assignment> read() throws IOException {
    if (!Files.exists(file)) {
      return List.of();
    }
    List<Assignment> assignments = new ArrayList<>();
    for (JsonNode entry : JSON.readTree(file.toFile()).path("Data").path("PodDeviceEntries")) {
      List<String> ids = new ArrayList<>();
      entry.get("DeviceIDs").forEach(list -> list.forEach(id -> ids.add(id.asText())));
      assignments.add(
          new Assignment(
              new PodRef(
                  entry.get("StandInPodNamespace").asText(),
                  entry.get("StandInPodName").asText(),
                  entry.get("PodUID").asText()),
              entry.get("ContainerName").asText(),
              entry.get("ResourceName").asText(),
              ids,
              ContainerAllocateResponse.parseFrom(entry.get("AllocResp").binaryValue())));
    }
    return assignments;
  }
}
