/** What the agent counts and times, in Prometheus' text format. Decides nothing. */
@NullMarked
package io.vsmmu.agent.metrics;

import org.jspecify.annotations.NullMarked;
