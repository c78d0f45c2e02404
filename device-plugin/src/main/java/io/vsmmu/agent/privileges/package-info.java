/** What the agent's process may do: it starts with all rights of a privileged container. */
@NullMarked
package io.vsmmu.agent.privileges;

import org.jspecify.annotations.NullMarked;
