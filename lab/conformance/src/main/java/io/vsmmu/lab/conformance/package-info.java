/**
 * Runs tests on the simulated kernel and on the running one and compares the verdicts. Start at
 * {@link io.vsmmu.lab.conformance.Conformance}.
 */
@NullMarked
package io.vsmmu.lab.conformance;

import org.jspecify.annotations.NullMarked;
