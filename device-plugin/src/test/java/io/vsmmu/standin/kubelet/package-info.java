/**
 * A stand-in for kubelet's device manager, for tests and for the demo: it speaks the real gRPC
 * protocol and follows the rules of the real one where they hurt a plugin. It empties its folder of
 * sockets when it starts, dials back inside Register, never retries a stream, forgets nothing over
 * a restart that its checkpoint holds, and waits for Allocate without a limit.
 */
@NullMarked
package io.vsmmu.standin.kubelet;

import org.jspecify.annotations.NullMarked;
