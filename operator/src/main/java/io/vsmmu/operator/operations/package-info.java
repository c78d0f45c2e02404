/** What running the operator takes: one leader at a time, metrics, and whether it is alive. */
@NullMarked
package io.vsmmu.operator.operations;

import org.jspecify.annotations.NullMarked;
