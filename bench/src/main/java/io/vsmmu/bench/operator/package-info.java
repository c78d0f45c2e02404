/** The shipped operator among thousands of nodes, on a real API server. */
@NullMarked
package io.vsmmu.bench.operator;

import org.jspecify.annotations.NullMarked;
