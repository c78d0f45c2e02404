/**
 * The agent's side of the API server: follows the node's VSmmu, reports to its status by
 * server-side apply, and renews the node's lease. Devices work without any of it.
 */
@NullMarked
package io.vsmmu.agent.status;

import org.jspecify.annotations.NullMarked;
