package io.vsmmu.agent.config;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Handoff;
import io.vsmmu.api.v1alpha1.IommufdSocket;
import io.vsmmu.api.v1alpha1.ResourceSpec;
import io.vsmmu.api.v1alpha1.VSmmuSpec;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds what the API server would refuse a spec for: the schema's rules as the API's classes carry
 * them, and those that it states in CEL.
 */
final class SpecRules {

  private static final java.util.regex.Pattern RESOURCE_NAME =
      java.util.regex.Pattern.compile(
          "[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
              + "/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
  private static final int LONGEST_DOMAIN = 244;
  private static final int LONGEST_NAME = 63;

  private final List<String> faults = new ArrayList<>();

  private SpecRules() {}

  /** What is wrong, one sentence each that begins with the field; empty when all is well. */
  static List<String> faults(VSmmuSpec spec) {
    var rules = new SpecRules();
    rules.schema("spec", spec);
    rules.spec(spec);
    return rules.faults;
  }

  /** Walks a record by the annotations that its schema is made from. */
  private void schema(String path, Record value) {
    for (var component : value.getClass().getRecordComponents()) {
      var field = path + "." + nameOf(component);
      var is = valueOf(component, value);
      switch (is) {
        case null -> {
          if (component.getAccessor().isAnnotationPresent(Required.class)) {
            faults.add(field + " is missing");
          }
        }
        case String text -> text(field, component, text);
        case Collection<?> many -> collection(field, component, many);
        case Record inner -> schema(field, inner);
        default -> {
          // Enumerations and booleans are what they were parsed as.
        }
      }
    }
  }

  private void text(String field, RecordComponent component, String text) {
    size(field, component, text.length(), "characters");
    var pattern = component.getAccessor().getAnnotation(Pattern.class);
    if (pattern != null && !java.util.regex.Pattern.matches(pattern.value(), text)) {
      faults.add("%s is '%s', which does not match %s".formatted(field, text, pattern.value()));
    }
  }

  private void collection(String field, RecordComponent component, Collection<?> many) {
    size(field, component, many.size(), "entries");
    int index = 0;
    for (var each : many) {
      if (each instanceof Record inner) {
        schema(field + "[" + index + "]", inner);
      }
      index++;
    }
  }

  private void size(String field, RecordComponent component, int size, String unit) {
    var limits = component.getAccessor().getAnnotation(Size.class);
    if (limits != null && (size < limits.min() || size > limits.max())) {
      faults.add(
          "%s has %d %s, must have %s"
              .formatted(
                  field,
                  size,
                  unit,
                  limits.max() == Long.MAX_VALUE
                      ? "at least " + limits.min()
                      : limits.min() + " to " + limits.max()));
    }
  }

  private void spec(VSmmuSpec spec) {
    var names = new HashSet<String>();
    int index = 0;
    for (var resource : spec.resources()) {
      var path = "spec.resources[" + index++ + "]";
      if (!names.add(resource.name())) {
        faults.add("%s.name is %s, as another's".formatted(path, resource.name()));
      }
      resource(path, resource);
      if (spec.kubevirt().iommufdSocket() == IommufdSocket.Always
          && resource.handoff() == Handoff.Bound) {
        faults.add(
            path
                + ".handoff cannot be Bound with spec.kubevirt.iommufdSocket: Always, for libvirt"
                + " binds the devices itself; set handoff: Unbound, or iommufdSocket: Auto or Never");
      }
    }
  }

  private void resource(String path, ResourceSpec resource) {
    var name = resource.name();
    if (!isResourceName(name)) {
      faults.add(
          "%s.name is '%s', not an extended resource's name such as vsmmu.io/nic"
              .formatted(path, name));
    } else if (name.contains("kubernetes.io/") || name.startsWith("requests.")) {
      faults.add(
          "%s.name is '%s', in a domain that Kubernetes keeps for itself".formatted(path, name));
    }
    int index = 0;
    for (var selector : resource.selectors()) {
      selector(path + ".selectors[" + index++ + "]", selector);
    }
  }

  private static boolean isResourceName(@Nullable String name) {
    if (name == null || !RESOURCE_NAME.matcher(name).matches()) {
      return false;
    }
    int slash = name.indexOf('/');
    return slash <= LONGEST_DOMAIN && name.length() - slash - 1 <= LONGEST_NAME;
  }

  private void selector(String path, DeviceSelector selector) {
    if (selector.equals(new DeviceSelector(null, null, null, null, null, null))) {
      faults.add(
          path
              + " is empty and would match every device; set vendor, device, class, pciAddress,"
              + " pfAddress or smmu");
    }
    if (selector.device() != null && selector.vendor() == null) {
      faults.add(path + ".device is set without vendor: device ids are the vendor's own");
    }
  }

  /** The field as it is written: {@code class} is no name that Java lets a component have. */
  private static String nameOf(RecordComponent component) {
    var written = component.getAccessor().getAnnotation(JsonProperty.class);
    return written == null ? component.getName() : written.value();
  }

  private static @Nullable Object valueOf(RecordComponent component, Record value) {
    try {
      return component.getAccessor().invoke(value);
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("the API's records are public", e);
    }
  }
}
