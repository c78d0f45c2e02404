/** Allocate, from kubelet's call to its answer. */
@NullMarked
package io.vsmmu.bench.allocation;

import org.jspecify.annotations.NullMarked;
