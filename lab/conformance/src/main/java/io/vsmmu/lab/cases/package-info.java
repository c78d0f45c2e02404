/**
 * Cases that need a machine of a certain kind: an SMMU that cannot nest, a group of two functions,
 * hardware that no emulation has. On the simulator each makes the machine that it needs; in a node,
 * the topology has to fit, and what it cannot have is reported as not producible.
 */
@NullMarked
package io.vsmmu.lab.cases;

import org.jspecify.annotations.NullMarked;
