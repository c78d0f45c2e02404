/** Background work. */
@NullMarked
package io.vsmmu.agent.loop;

import org.jspecify.annotations.NullMarked;
