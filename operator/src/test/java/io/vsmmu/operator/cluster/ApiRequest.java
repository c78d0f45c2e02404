package io.vsmmu.operator.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A request as the API server's audit log has it.
 *
 * @param user who asked
 * @param verb as RBAC names it
 * @param group empty for the core group
 * @param resource plural; followed by a slash and the subresource, if it is about one
 * @param namespace empty for what is cluster-scoped, or about all namespaces
 * @param name empty where the request is not about one object
 * @param uri path and query
 * @param code of the answer
 * @param received when the server got it; it is logged when it is answered
 */
public record ApiRequest(
    String user,
    String verb,
    String group,
    String resource,
    String namespace,
    String name,
    String uri,
    int code,
    Instant received) {

  private static final ObjectReader JSON = new ObjectMapper().reader();
  private static final Set<String> WRITES =
      Set.of("create", "update", "patch", "delete", "deletecollection");

  /** Whether it asks for a change. */
  public boolean isWrite() {
    return WRITES.contains(verb);
  }

  static List<ApiRequest> readAll(Path auditLog) {
    try {
      String text = Files.readString(auditLog);
      List<ApiRequest> requests = new ArrayList<>();
      // The last line may be half written.
      for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
        requests.add(of(JSON.readTree(line)));
      }
      return requests;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + auditLog, e);
    }
  }

  private static ApiRequest of(JsonNode event) {
    JsonNode object = event.path("objectRef");
    String subresource = object.path("subresource").asText();
    String resource = object.path("resource").asText();
    return new ApiRequest(
        event.path("user").path("username").asText(),
        event.path("verb").asText(),
        object.path("apiGroup").asText(),
        subresource.isEmpty() ? resource : resource + "/" + subresource,
        object.path("namespace").asText(),
        object.path("name").asText(),
        event.path("requestURI").asText(),
        event.path("responseStatus").path("code").asInt(),
        Instant.parse(event.path("requestReceivedTimestamp").asText()));
  }
}
