/** The nodes that things are measured on. */
@NullMarked
package io.vsmmu.bench.node;

import org.jspecify.annotations.NullMarked;
