package io.vsmmu.operator.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the API server's question about a VirtualMachineInstance that is to be created. That it
 * has one of our resources is the webhook's match condition; here, all get the sidecar.
 */
final class Admission {

  /** Opt-out of a virtual machine: {@code VSmmu}, which is the default, or {@code Unmanaged}. */
  static final String GUEST_TOPOLOGY = "vsmmu.io/guest-topology";

  static final String MANAGED = "VSmmu";
  static final String UNMANAGED = "Unmanaged";

  private static final Logger log = LoggerFactory.getLogger(Admission.class);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int UNPROCESSABLE = 422;

  private final HookSidecar sidecar;
  private final Answers answers;

  Admission(HookSidecar sidecar, Answers answers) {
    this.sidecar = sidecar;
    this.answers = answers;
  }

  /**
   * The answer to an AdmissionReview of {@code admission.k8s.io/v1}.
   *
   * @throws IllegalArgumentException if it is no AdmissionReview
   */
  byte[] answer(byte[] review) {
    Timer.Sample time = answers.begin();
    Answers.Result result = Answers.Result.MALFORMED;
    try {
      Verdict verdict = verdict(request(review));
      result = verdict.result();
      ObjectNode answer = JSON.createObjectNode();
      answer.put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
      answer.set("response", verdict.response());
      return JSON.writeValueAsBytes(answer);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an answer is always JSON", e);
    } finally {
      answers.end(time, result);
    }
  }

  /**
   * Whether a virtual machine with these annotations is to have the sidecar and has none, so that
   * it was created when nobody added any.
   */
  boolean passedBy(Map<String, String> annotations) {
    try {
      return isWanted(JSON.valueToTree(annotations))
          && !sidecar.isIn(annotations.getOrDefault(HookSidecar.ANNOTATION, ""));
    } catch (IllegalArgumentException e) {
      // It would be refused.
      return false;
    }
  }

  private static JsonNode request(byte[] review) {
    try {
      JsonNode request = JSON.readTree(review).path("request");
      if (request.path("uid").isTextual() && request.path("object").isObject()) {
        return request;
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("not JSON: " + e.getMessage(), e);
    }
    throw new IllegalArgumentException("no AdmissionReview with request.uid and request.object");
  }

  private Verdict verdict(JsonNode request) {
    ObjectNode response = JSON.createObjectNode().put("uid", request.path("uid").asText());
    JsonNode metadata = request.path("object").path("metadata");
    JsonNode annotations = metadata.path("annotations");
    String name =
        "%s/%s"
            .formatted(
                request.path("namespace").asText(),
                metadata.path("name").asText(metadata.path("generateName").asText()));
    try {
      Optional<String> list =
          isWanted(annotations)
              ? sidecar.addedTo(annotations.path(HookSidecar.ANNOTATION).asText())
              : Optional.empty();
      response.put("allowed", true);
      list.ifPresent(value -> {
        response.put("patchType", "JSONPatch").put("patch", patch(annotations, value));
        log.info("VirtualMachineInstance {} gets the hook sidecar {}", name, sidecar.image());
      });
      return new Verdict(
          response, list.isPresent() ? Answers.Result.ADDED : Answers.Result.UNCHANGED);
    } catch (IllegalArgumentException e) {
      log.info("VirtualMachineInstance {} is refused: {}", name, e.getMessage());
      response.put("allowed", false);
      response.putObject("status").put("code", UNPROCESSABLE).put("message", e.getMessage());
      return new Verdict(response, Answers.Result.REFUSED);
    }
  }

  private static boolean isWanted(JsonNode annotations) {
    return switch (annotations.path(GUEST_TOPOLOGY).asText(MANAGED)) {
      case MANAGED -> true;
      case UNMANAGED -> false;
      default ->
          throw new IllegalArgumentException(
              "annotation %s is '%s'; it must be %s, as without it, or %s for a virtual machine without virtual SMMUs"
                  .formatted(
                      GUEST_TOPOLOGY,
                      annotations.path(GUEST_TOPOLOGY).asText(),
                      MANAGED,
                      UNMANAGED));
    };
  }

  /** JSON Patch, in base 64. */
  private static String patch(JsonNode annotations, String list) {
    ArrayNode patch = JSON.createArrayNode();
    ObjectNode operation = patch.addObject().put("op", "add");
    if (annotations.isObject()) {
      operation
          .put("path", "/metadata/annotations/" + HookSidecar.ANNOTATION.replace("/", "~1"))
          .put("value", list);
    } else {
      operation.put("path", "/metadata/annotations");
      operation.putObject("value").put(HookSidecar.ANNOTATION, list);
    }
    return Base64.getEncoder().encodeToString(patch.toString().getBytes(UTF_8));
  }

  /** An answer, and what it is counted as. */
  private record Verdict(ObjectNode response, Answers.Result result) {}
}
