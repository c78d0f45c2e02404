package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Describes every field of the schema by what the Javadoc of its record says of it. */
final class DescriptionsFromJavadoc {

  private final Javadoc javadoc;

  DescriptionsFromJavadoc(Javadoc javadoc) {
    this.javadoc = javadoc;
  }

  void describe(CustomResourceDefinition definition) {
    for (CustomResourceDefinitionVersion version : definition.getSpec().getVersions()) {
      JSONSchemaProps schema = version.getSchema().getOpenAPIV3Schema();
      schema.setDescription(javadoc.of(VSmmu.class));
      describe(property(schema, "spec"), VSmmuSpec.class);
      describe(property(schema, "status"), VSmmuStatus.class);
    }
  }

  private void describe(JSONSchemaProps schema, Class<?> type) {
    schema.setDescription(javadoc.of(type));
    describeFields(schema, type);
  }

  private void describeFields(JSONSchemaProps schema, Class<?> type) {
    for (RecordComponent component : type.getRecordComponents()) {
      JSONSchemaProps field = property(schema, jsonName(component));
      field.setDescription(javadoc.of(type, component.getName()) + values(component.getType()));
      if (isOurs(component.getType()) && component.getType().isRecord()) {
        describeFields(field, component.getType());
      }
      Class<?> item = itemOf(component.getGenericType());
      if (item != null && isOurs(item)) {
        describe(field.getItems().getSchema(), item);
      }
      if (item == Condition.class) {
        field.setDescription(field.getDescription() + values(ConditionType.class));
      }
    }
  }

  /** What each value of an enum means, as {@code kubectl explain} shows it. */
  private String values(Class<?> type) {
    return type.isEnum()
        ? Stream.of(type.getEnumConstants())
            .map(constant -> "%n%s: %s".formatted(constant, javadoc.of(type, constant.toString())))
            .collect(Collectors.joining())
        : "";
  }

  private static JSONSchemaProps property(JSONSchemaProps schema, String name) {
    return Objects.requireNonNull(schema.getProperties().get(name), name);
  }

  private static String jsonName(RecordComponent component) {
    JsonProperty renamed = component.getAccessor().getAnnotation(JsonProperty.class);
    return renamed == null ? component.getName() : renamed.value();
  }

  private static @Nullable Class<?> itemOf(Type type) {
    return type instanceof ParameterizedType list
        ? (Class<?>) list.getActualTypeArguments()[0]
        : null;
  }

  private static boolean isOurs(Class<?> type) {
    return type.getPackage() == VSmmu.class.getPackage();
  }
}
