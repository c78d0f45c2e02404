/** The ordered end of an installation; a program of its own in the operator's image. */
@NullMarked
package io.vsmmu.operator.uninstall;

import org.jspecify.annotations.NullMarked;
