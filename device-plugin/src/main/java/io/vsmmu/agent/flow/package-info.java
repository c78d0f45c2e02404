/** How work and news move between the agent's threads. */
@NullMarked
package io.vsmmu.agent.flow;

import org.jspecify.annotations.NullMarked;
