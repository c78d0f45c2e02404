/**
 * What a killed agent leaves: steps that change the node are counted, and at one of them everything
 * stops, as by {@code kill -9}. No later step comes through, so that no rollback can tidy up.
 */
@NullMarked
package io.vsmmu.agent.mortal;

import org.jspecify.annotations.NullMarked;
