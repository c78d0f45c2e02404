/** Files that hold what must outlive the agent. */
@NullMarked
package io.vsmmu.agent.state;

import org.jspecify.annotations.NullMarked;
