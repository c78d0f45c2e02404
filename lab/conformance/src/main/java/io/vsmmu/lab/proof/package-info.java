/**
 * Proofs with data: what the objects of a tree promise about DMA is seen to happen, in the process
 * that built the tree and in one without rights that adopted it. They need a node with an {@code
 * edu} device behind each of two SMMUs.
 */
@NullMarked
package io.vsmmu.lab.proof;

import org.jspecify.annotations.NullMarked;
