/** The {@code vsmmu-hook} command. */
@NullMarked
package io.vsmmu.hook.cli;

import org.jspecify.annotations.NullMarked;
