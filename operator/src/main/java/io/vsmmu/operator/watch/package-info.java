/** Watching objects of the API outside of the framework, which knows those of controllers. */
@NullMarked
package io.vsmmu.operator.watch;

import org.jspecify.annotations.NullMarked;
