package io.vsmmu.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Our entry in the list of hook sidecars that KubeVirt reads from an annotation.
 *
 * @param image container image
 * @param imagePullPolicy when it is pulled
 */
record HookSidecar(String image, String imagePullPolicy) {

  /** The list: JSON. */
  static final String ANNOTATION = "hooks.kubevirt.io/hookSidecars";

  /** Numbers stay as they are written. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /**
   * The list with our entry at its end; those of others stay as they are.
   *
   * @param list the annotation; empty for none
   * @return nothing when the list has our image already, of whatever version
   * @throws IllegalArgumentException if it is no list; the message says so to its author
   */
  Optional<String> addedTo(String list) {
    ArrayNode sidecars = parse(list);
    if (images(sidecars).anyMatch(other -> repository(other).equals(repository(image)))) {
      return Optional.empty();
    }
    sidecars.addObject().put("image", image).put("imagePullPolicy", imagePullPolicy);
    return Optional.of(sidecars.toString());
  }

  /**
   * Whether the list has our image, of whatever version and from whatever registry: a cluster may
   * change to a mirror, and its virtual machines run on.
   *
   * @param list the annotation; empty for none
   * @throws IllegalArgumentException if it is no list
   */
  boolean isIn(String list) {
    return images(parse(list)).anyMatch(other -> name(other).equals(name(image)));
  }

  private static Stream<String> images(ArrayNode sidecars) {
    return StreamSupport.stream(sidecars.spliterator(), false)
        .map(sidecar -> sidecar.path("image").asText());
  }

  private static ArrayNode parse(String list) {
    if (list.isBlank()) {
      return JSON.createArrayNode();
    }
    try {
      if (JSON.readTree(list) instanceof ArrayNode sidecars && allObjects(sidecars)) {
        return sidecars;
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(complaint(": " + e.getOriginalMessage()), e);
    }
    throw new IllegalArgumentException(complaint(""));
  }

  private static boolean allObjects(ArrayNode sidecars) {
    return StreamSupport.stream(sidecars.spliterator(), false).allMatch(JsonNode::isObject);
  }

  private static String complaint(String detail) {
    return "annotation %s must be a JSON list of objects, so that the sidecar for virtual SMMUs can be added%s"
        .formatted(ANNOTATION, detail);
  }

  /** Without registry, tag and digest. */
  private static String name(String image) {
    String repository = repository(image);
    return repository.substring(repository.lastIndexOf('/') + 1);
  }

  /** Without tag and digest. */
  private static String repository(String image) {
    String name = image.split("@", 2)[0];
    int tag = name.indexOf(':', name.lastIndexOf('/') + 1);
    return tag < 0 ? name : name.substring(0, tag);
  }
}
