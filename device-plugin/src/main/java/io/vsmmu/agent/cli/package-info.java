/** The {@code vsmmu} command: wires the agent's parts together. */
@NullMarked
package io.vsmmu.agent.cli;

import org.jspecify.annotations.NullMarked;
