package io.vsmmu.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * The machine, as the agent sees it.
 *
 * @param architecture as {@code uname -m} prints it
 * @param kernelVersion as {@code uname -r} prints it
 * @param bootId {@code /proc/sys/kernel/random/boot_id}
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record NodeStatus(
    @Nullable String architecture, @Nullable String kernelVersion, @Nullable String bootId) {}
