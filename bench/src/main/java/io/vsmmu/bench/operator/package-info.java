/** The operator with very many nodes. */
@NullMarked
package io.vsmmu.bench.operator;

import org.jspecify.annotations.NullMarked;
