package io.vsmmu.api.v1alpha1;

import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes lists of objects keyed in the schema ({@code x-kubernetes-list-type: map}), so that
 * server-side apply merges them item by item and the API server refuses duplicates. Used while the
 * custom resource definition is generated. Input: {@code list=key} pairs, separated by spaces; the
 * fields of a key of several are separated by commas.
 */
public final class ListMapKeys implements SchemaCustomizer.Customizer {

  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    for (String pair : input.split(" ", -1)) {
      int equals = pair.indexOf('=');
      key(schema, pair.substring(0, equals), List.of(pair.substring(equals + 1).split(",", -1)));
    }
    return schema;
  }

  private static void key(JSONSchemaProps schema, String list, List<String> key) {
    Map<String, JSONSchemaProps> properties = schema.getProperties();
    if (!properties.containsKey(list)) {
      throw new IllegalArgumentException("no list '" + list + "' among " + properties.keySet());
    }
    JSONSchemaProps property = properties.get(list);
    property.setXKubernetesListType("map");
    property.setXKubernetesListMapKeys(key);
    JSONSchemaProps item = property.getItems().getSchema();
    // The API server accepts a key only when every item is sure to have it.
    Set<String> required = new LinkedHashSet<>(item.getRequired());
    required.addAll(key);
    item.setRequired(List.copyOf(required));
  }
}
