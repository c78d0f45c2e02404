/**
 * Programs for pods of the lab: one that gives pods {@code /dev/kvm}, and a VMM that does nothing
 * but adopt what the agent prepared and do DMA with it.
 */
@NullMarked
package io.vsmmu.lab.vm;

import org.jspecify.annotations.NullMarked;
