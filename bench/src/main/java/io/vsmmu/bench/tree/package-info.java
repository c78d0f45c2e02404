/** A VM's object tree against the requests that it is made of. */
@NullMarked
package io.vsmmu.bench.tree;

import org.jspecify.annotations.NullMarked;
