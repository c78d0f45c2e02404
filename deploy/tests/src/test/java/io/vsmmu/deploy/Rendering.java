package io.vsmmu.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.NumericNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * The objects of a stream of YAML documents.
 *
 * @param objects by kind and name
 * @param hooks those that are Helm's hooks and no part of a release
 */
record Rendering(Map<String, JsonNode> objects, Map<String, JsonNode> hooks) {

  private static final YAMLMapper YAML = new YAMLMapper();

  static Rendering of(String yaml) {
    Map<String, JsonNode> objects = new TreeMap<>();
    Map<String, JsonNode> hooks = new TreeMap<>();
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
      while (documents.hasNext()) {
        JsonNode object = documents.next();
        if (object.has("kind")) {
          String key = object.path("kind").asText() + " " + object.at("/metadata/name").asText();
          boolean hook = object.at("/metadata/annotations").has("helm.sh/hook");
          JsonNode twin = (hook ? hooks : objects).put(key, normal(object));
          if (twin != null) {
            throw new IllegalArgumentException("there are two of " + key);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Rendering(objects, hooks);
  }

  /** The same with 0.0 written as 0, as kustomize does and Helm does not. */
  private static JsonNode normal(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        object.properties().forEach(field -> field.setValue(normal(field.getValue())));
        yield object;
      }
      case ArrayNode array -> {
        for (int i = 0; i < array.size(); i++) {
          array.set(i, normal(array.get(i)));
        }
        yield array;
      }
      case NumericNode number -> DecimalNode.valueOf(number.decimalValue().stripTrailingZeros());
      default -> node;
    };
  }

  JsonNode object(String kind, String name) {
    return find(objects, kind + " " + name);
  }

  JsonNode hook(String kind, String name) {
    return find(hooks, kind + " " + name);
  }

  private static JsonNode find(Map<String, JsonNode> among, String key) {
    JsonNode object = among.get(key);
    if (object == null) {
      throw new IllegalArgumentException("there is no " + key + " among " + among.keySet());
    }
    return object;
  }

  /** The operator's only container. */
  JsonNode operator() {
    return object("Deployment", "vsmmu-operator").at("/spec/template/spec/containers/0");
  }

  /** What the operator is told by an environment variable. */
  String variable(String name) {
    for (JsonNode variable : operator().path("env")) {
      if (variable.path("name").asText().equals(name)) {
        return variable.path("value").asText();
      }
    }
    throw new IllegalArgumentException("the operator has no variable " + name);
  }
}
