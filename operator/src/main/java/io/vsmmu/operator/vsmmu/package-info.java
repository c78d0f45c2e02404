/** Reconciles VSmmu objects: gathers facts, has them judged, carries out what follows. */
@NullMarked
package io.vsmmu.operator.vsmmu;

import org.jspecify.annotations.NullMarked;
