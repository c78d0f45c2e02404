package io.vsmmu.agent.config;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.api.v1alpha1.IommufdSocket;
import io.vsmmu.api.v1alpha1.VSmmu;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A VSmmu in a file, YAML or JSON, as one would apply it. Fields that a VSmmu does not have are
 * errors: an API server may drop them, here nobody would notice a slip of the pen.
 *
 * @param spec the wish, valid
 */
public record VSmmuFile(VSmmuSpec spec) {

  private static final String API_VERSION = VSmmu.GROUP + "/" + VSmmu.VERSION;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .annotationIntrospector(new Strict())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          // An API server takes no number for a string, either: 0200 would be another class.
          .withCoercionConfig(
              LogicalType.Textual,
              config ->
                  config
                      .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
          // Nor an ordinal for a word, nor a number or nothing at all for true or false.
          .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
          .withCoercionConfig(
              LogicalType.Boolean,
              config ->
                  config
                      .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                      .setCoercion(CoercionInputShape.EmptyString, CoercionAction.Fail))
          .build();

  /** The API's classes leave out what they do not know, for the sake of newer API servers. */
  private static final class Strict extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public JsonIgnoreProperties.Value findPropertyIgnoralByName(
        MapperConfig<?> config, Annotated annotated) {
      return JsonIgnoreProperties.Value.empty();
    }
  }

  private record Content(
      @Nullable String apiVersion,
      @Nullable String kind,
      @Nullable JsonNode metadata,
      @Nullable VSmmuSpec spec,
      @JsonProperty("status") @Nullable JsonNode unused) {}

  /**
   * Reads a file.
   *
   * @throws InvalidConfigException when it is no valid VSmmu; the message names field and cure
   * @throws IOException when it cannot be read
   */
  public static VSmmuFile read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw invalid(file.toString(), "it is a folder; name the file in it");
    }
    return parse(file.toString(), Files.readAllBytes(file));
  }

  /** As {@link #read}, from a stream that errors call {@code source}. */
  public static VSmmuFile read(String source, InputStream stream) throws IOException {
    return parse(source, stream.readAllBytes());
  }

  static VSmmuFile parse(String source, byte[] text) throws InvalidConfigException {
    var content = content(source, text);
    if (content == null) {
      throw invalid(source, "it is empty");
    }
    if (!API_VERSION.equals(content.apiVersion()) || !VSmmu.KIND.equals(content.kind())) {
      throw invalid(
          source,
          "it is a %s of %s; apiVersion: %s, kind: %s and spec are needed"
              .formatted(content.kind(), content.apiVersion(), API_VERSION, VSmmu.KIND));
    }
    var spec = content.spec();
    if (spec == null) {
      throw invalid(source, "spec is missing");
    }
    var faults = new ArrayList<>(SpecRules.faults(spec));
    var metadata = content.metadata();
    var name = metadata == null ? null : metadata.path("name").textValue();
    if (name != null && spec.nodeName() != null && !name.equals(spec.nodeName())) {
      faults.add(
          "metadata.name is '%s', must be the name of the node: '%s', as spec.nodeName says"
              .formatted(name, spec.nodeName()));
    }
    if (!faults.isEmpty()) {
      throw new InvalidConfigException(source, faults);
    }
    return new VSmmuFile(spec);
  }

  /**
   * What it asks for. Without an operator nobody sees KubeVirt's gates, so that {@code Auto} comes
   * to no socket.
   */
  public Wish wish(long generation) {
    return new Wish(
        generation,
        spec.resources(),
        spec.dryRun(),
        spec.kubevirt().iommufdSocket() == IommufdSocket.Always);
  }

  private static @Nullable Content content(String source, byte[] text)
      throws InvalidConfigException {
    try {
      // YAML 1.2, as Kubernetes' own tools read it: a PCI address is no number to the base of 60.
      return MAPPER.convertValue(
          new Load(LoadSettings.builder().setLabel(source).build())
              .loadFromString(new String(text, StandardCharsets.UTF_8)),
          Content.class);
    } catch (MarkedYamlEngineException e) {
      throw invalid(
          source,
          e.getProblemMark().map(mark -> "line " + (mark.getLine() + 1) + ": ").orElse("")
              + e.getProblem());
    } catch (YamlEngineException e) {
      throw invalid(source, String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      throw invalid(
          source,
          e.getCause() instanceof JsonMappingException mapping
              ? describe(mapping)
              : String.valueOf(e.getMessage()));
    }
  }

  private static InvalidConfigException invalid(String source, String fault) {
    return new InvalidConfigException(source, List.of(fault));
  }

  private static String describe(JsonMappingException e) {
    return e instanceof UnrecognizedPropertyException unknown
        ? "%s is no field of it; known are: %s".formatted(path(e), known(unknown))
        : "%s: %s".formatted(path(e), e.getOriginalMessage());
  }

  private static String known(UnrecognizedPropertyException e) {
    var known = e.getKnownPropertyIds();
    return known == null
        ? "none"
        : known.stream().map(String::valueOf).sorted().collect(Collectors.joining(", "));
  }

  private static String path(JsonMappingException e) {
    var path = new StringBuilder();
    for (var step : e.getPath()) {
      if (step.getFieldName() == null) {
        path.append('[').append(step.getIndex()).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
      }
    }
    return path.toString();
  }
}
