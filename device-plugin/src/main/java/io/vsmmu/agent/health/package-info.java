/** Tells over HTTP whether the agent lives, whether it is ready, and what it counts. */
@NullMarked
package io.vsmmu.agent.health;

import org.jspecify.annotations.NullMarked;
