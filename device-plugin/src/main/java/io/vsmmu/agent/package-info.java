/** The node agent: how its parts are put together. */
@NullMarked
package io.vsmmu.agent;

import org.jspecify.annotations.NullMarked;
