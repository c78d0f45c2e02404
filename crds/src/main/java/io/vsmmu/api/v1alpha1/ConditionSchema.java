package io.vsmmu.api.v1alpha1;

import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Objects;

/**
 * Gives the items of {@code conditions} the limits that Kubernetes' own type {@code
 * metav1.Condition} has; fabric8's class has none. Used while the custom resource definition is
 * generated.
 */
public final class ConditionSchema implements SchemaCustomizer.Customizer {

  private static final long LONGEST_MESSAGE = 32768;
  private static final long LONGEST_REASON = 1024;
  private static final long LONGEST_TYPE = 316;

  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    JSONSchemaProps condition = property(schema, "conditions").getItems().getSchema();
    condition.setRequired(List.of("lastTransitionTime", "message", "reason", "status", "type"));
    condition.setDescription("One aspect of the state, in the form that all of Kubernetes uses.");

    JSONSchemaProps type = property(condition, "type");
    type.setDescription("What it speaks of.");
    type.setMaxLength(LONGEST_TYPE);

    JSONSchemaProps status = property(condition, "status");
    status.setDescription("Whether it holds; Unknown when that cannot be said.");
    // Not an enum, whose values the generator would write as YAML's booleans.
    status.setPattern("^(True|False|Unknown)$");

    JSONSchemaProps reason = property(condition, "reason");
    reason.setDescription("CamelCase word for programs: why it has this status.");
    reason.setMinLength(1L);
    reason.setMaxLength(LONGEST_REASON);
    reason.setPattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$");

    JSONSchemaProps message = property(condition, "message");
    message.setDescription("The same for people: what is so, why, and what to do about it.");
    message.setMaxLength(LONGEST_MESSAGE);

    JSONSchemaProps since = property(condition, "lastTransitionTime");
    since.setDescription("Since when it has this status.");
    since.setFormat("date-time");

    JSONSchemaProps generation = property(condition, "observedGeneration");
    generation.setDescription("Generation of the spec that it speaks of.");
    generation.setMinimum(0.0);
    return schema;
  }

  private static JSONSchemaProps property(JSONSchemaProps schema, String name) {
    return Objects.requireNonNull(schema.getProperties().get(name), name);
  }
}
