/** What watches keep of the objects that they are told of. */
@NullMarked
package io.vsmmu.operator.cache;

import org.jspecify.annotations.NullMarked;
