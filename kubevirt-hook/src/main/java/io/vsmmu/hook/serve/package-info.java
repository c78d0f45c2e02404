/**
 * The sidecar: KubeVirt's hook services on a Unix socket that virt-launcher finds. gRPC stays in
 * here.
 */
@NullMarked
package io.vsmmu.hook.serve;

import org.jspecify.annotations.NullMarked;
