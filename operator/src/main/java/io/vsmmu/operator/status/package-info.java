/** The operator's half of a VSmmu's status, and the Events that tell of its changes. */
@NullMarked
package io.vsmmu.operator.status;

import org.jspecify.annotations.NullMarked;
