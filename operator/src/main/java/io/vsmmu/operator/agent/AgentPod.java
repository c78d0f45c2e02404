package io.vsmmu.operator.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator may say of the agent's pods, in the words of a pod's spec; what is not said
 * stays as it is by default.
 *
 * @param imagePullPolicy of the agent's container
 * @param imagePullSecrets Secrets of the agent's namespace
 * @param priorityClassName by default that of what a node cannot do without: who loses the agent
 *     cannot start virtual machines
 * @param tolerations by default all: that a VSmmu names a node says that its agent belongs there
 * @param affinity beside the label that the operator sets
 * @param resources of the agent's container
 * @param args options of {@code vsmmu run}, which the agent's {@code run --help} lists; its probes
 *     follow {@code --http-port} and {@code --http-address}
 * @param env more environment variables of the agent's container
 */
public record AgentPod(
    String imagePullPolicy,
    List<LocalObjectReference> imagePullSecrets,
    String priorityClassName,
    List<Toleration> tolerations,
    @Nullable Affinity affinity,
    ResourceRequirements resources,
    List<String> args,
    List<EnvVar> env) {

  /** When nothing is said. */
  public static final AgentPod DEFAULT =
      new AgentPod(null, null, null, null, null, null, null, null);

  private static final ObjectReader YAML = new YAMLMapper().readerFor(AgentPod.class);

  /**
   * Fills in what is not said.
   *
   * @throws IllegalArgumentException when {@code args} name a port that is none
   */
  public AgentPod(
      @Nullable String imagePullPolicy,
      @Nullable List<LocalObjectReference> imagePullSecrets,
      @Nullable String priorityClassName,
      @Nullable List<Toleration> tolerations,
      @Nullable Affinity affinity,
      @Nullable ResourceRequirements resources,
      @Nullable List<String> args,
      @Nullable List<EnvVar> env) {
    this.imagePullPolicy = Objects.requireNonNullElse(imagePullPolicy, "IfNotPresent");
    this.imagePullSecrets = imagePullSecrets == null ? List.of() : List.copyOf(imagePullSecrets);
    this.priorityClassName = Objects.requireNonNullElse(priorityClassName, "system-node-critical");
    this.tolerations =
        tolerations == null
            ? List.of(new TolerationBuilder().withOperator("Exists").build())
            : List.copyOf(tolerations);
    this.affinity = affinity;
    this.resources =
        Objects.requireNonNullElseGet(
            resources,
            () ->
                new ResourceRequirementsBuilder()
                    .withRequests(
                        Map.of("cpu", new Quantity("10m"), "memory", new Quantity("128Mi")))
                    .build());
    this.args = args == null ? List.of() : List.copyOf(args);
    var _ = HealthPort.of(this.args);
    this.env = env == null ? List.of() : List.copyOf(env);
  }

  /**
   * Reads YAML or JSON.
   *
   * @throws IllegalArgumentException when it is neither, or has a field that is not one of ours
   */
  public static AgentPod parse(String yaml) {
    if (yaml.isBlank()) {
      return DEFAULT;
    }
    try {
      return Objects.requireNonNullElse(YAML.readValue(yaml), DEFAULT);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "VSMMU_AGENT_POD is not what it should be (imagePullPolicy, imagePullSecrets,"
              + " priorityClassName, tolerations, affinity, resources, args, env, as in a pod's spec): "
              + e.getOriginalMessage(),
          e);
    }
  }
}
