/**
 * Moves PCI functions between their host drivers and VFIO, never one that is in use, and remembers
 * on disk what to give back.
 */
@NullMarked
package io.vsmmu.agent.binding;

import org.jspecify.annotations.NullMarked;
