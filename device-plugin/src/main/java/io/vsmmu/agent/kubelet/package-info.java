/**
 * The agent's side of kubelet's device-plugin protocol ({@code v1beta1}): a gRPC server per
 * resource, its registration and the watch over it, and kubelet's account of who holds which device
 * (PodResources {@code v1}).
 */
@NullMarked
package io.vsmmu.agent.kubelet;

import org.jspecify.annotations.NullMarked;
