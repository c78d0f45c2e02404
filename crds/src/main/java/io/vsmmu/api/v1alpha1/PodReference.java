package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/**
 * The container that an allocation belongs to.
 *
 * @param namespace of the pod
 * @param name of the pod
 * @param uid of the pod; absent as long as only its name is known
 * @param container the container's name in the pod
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record PodReference(
    @Required String namespace,
    @Required String name,
    @Nullable String uid,
    @Nullable String container) {}
