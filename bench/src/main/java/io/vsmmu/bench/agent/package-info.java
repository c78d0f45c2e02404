/** The agent as a process: how long it takes to start, and how much memory it needs. */
@NullMarked
package io.vsmmu.bench.agent;

import org.jspecify.annotations.NullMarked;
