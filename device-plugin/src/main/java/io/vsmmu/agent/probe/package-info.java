/** Asks the kernel, in a scratch context, what a device and the SMMU in front of it can do. */
@NullMarked
package io.vsmmu.agent.probe;

import org.jspecify.annotations.NullMarked;
