package io.vsmmu.hook.machine;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.Map;
import java.util.TreeMap;

/**
 * A VirtualMachineInstance, as far as it matters here.
 *
 * @param namespace empty when it has none
 * @param name empty when it has none
 * @param annotations those with text for a value
 */
public record Machine(String namespace, String name, Map<String, String> annotations) {

  public Machine {
    annotations = Map.copyOf(annotations);
  }

  /**
   * Reads the JSON that KubeVirt hands to hooks. It is read as a stream: all but the metadata is
   * skipped.
   */
  public static Machine parse(String json) throws InvalidMachineException {
    try (var reader = new JsonReader(new StringReader(json))) {
      return machine(reader);
    } catch (IOException | IllegalStateException e) {
      throw new InvalidMachineException(
          "the VirtualMachineInstance is not the JSON of one: " + e.getMessage());
    }
  }

  private static Machine machine(JsonReader reader) throws IOException {
    var machine = new Machine("", "", Map.of());
    reader.beginObject();
    while (reader.hasNext()) {
      if (reader.nextName().equals("metadata") && reader.peek() == JsonToken.BEGIN_OBJECT) {
        machine = metadata(reader);
      } else {
        reader.skipValue();
      }
    }
    reader.endObject();
    return machine;
  }

  private static Machine metadata(JsonReader reader) throws IOException {
    var texts = new TreeMap<String, String>();
    Map<String, String> annotations = Map.of();
    reader.beginObject();
    while (reader.hasNext()) {
      var key = reader.nextName();
      if (key.equals("annotations") && reader.peek() == JsonToken.BEGIN_OBJECT) {
        annotations = texts(reader);
      } else if (reader.peek() == JsonToken.STRING) {
        texts.put(key, reader.nextString());
      } else {
        reader.skipValue();
      }
    }
    reader.endObject();
    return new Machine(
        texts.getOrDefault("namespace", ""), texts.getOrDefault("name", ""), annotations);
  }

  private static Map<String, String> texts(JsonReader reader) throws IOException {
    var texts = new TreeMap<String, String>();
    reader.beginObject();
    while (reader.hasNext()) {
      var key = reader.nextName();
      if (reader.peek() == JsonToken.STRING) {
        texts.put(key, reader.nextString());
      } else {
        reader.skipValue();
      }
    }
    reader.endObject();
    return texts;
  }

  /** {@code NAMESPACE/NAME}. */
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
