/**
 * The container's side of the hand-off: collects the context, proves it against the kernel, or
 * starts a program with it.
 */
@NullMarked
package io.vsmmu.agent.receive;

import org.jspecify.annotations.NullMarked;
