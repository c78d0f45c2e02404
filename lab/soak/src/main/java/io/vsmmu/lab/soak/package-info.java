/** Pods that come and go, for an agent in a process of its own, and what that process holds. */
@NullMarked
package io.vsmmu.lab.soak;

import org.jspecify.annotations.NullMarked;
