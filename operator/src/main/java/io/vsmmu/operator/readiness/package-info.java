/**
 * Decisions, free of effects: is a node ready, does it work worse than asked for, may a VSmmu go.
 */
@NullMarked
package io.vsmmu.operator.readiness;

import org.jspecify.annotations.NullMarked;
