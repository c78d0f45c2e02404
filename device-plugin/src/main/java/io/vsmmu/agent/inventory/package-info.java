/**
 * The node's devices as the VSmmu resource asks for them, each with a state and the reason for it.
 * Everything else reads {@link io.vsmmu.agent.inventory.InventorySnapshot}s.
 */
@NullMarked
package io.vsmmu.agent.inventory;

import org.jspecify.annotations.NullMarked;
