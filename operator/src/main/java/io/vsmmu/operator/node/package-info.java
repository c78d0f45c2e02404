/** The Node that a VSmmu names: what it offers, and the label that lets the agent onto it. */
@NullMarked
package io.vsmmu.operator.node;

import org.jspecify.annotations.NullMarked;
