/**
 * What kubelet has handed out: the ledger, and per allocation the iommufd context that is prepared
 * at Allocate and kept until a container collects it.
 */
@NullMarked
package io.vsmmu.agent.allocation;

import org.jspecify.annotations.NullMarked;
