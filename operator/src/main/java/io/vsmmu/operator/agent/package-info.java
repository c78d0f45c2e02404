/** The agent: its one DaemonSet for all nodes, and the leases by which each says that it lives. */
@NullMarked
package io.vsmmu.operator.agent;

import org.jspecify.annotations.NullMarked;
