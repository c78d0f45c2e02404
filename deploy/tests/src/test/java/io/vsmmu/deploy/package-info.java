/** What {@code deploy/} has, as its users apply it, on a real API server. */
@NullMarked
package io.vsmmu.deploy;

import org.jspecify.annotations.NullMarked;
