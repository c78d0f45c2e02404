/** The agent on a simulated node, before a stand-in kubelet. */
@NullMarked
package io.vsmmu.bench.agent;

import org.jspecify.annotations.NullMarked;
