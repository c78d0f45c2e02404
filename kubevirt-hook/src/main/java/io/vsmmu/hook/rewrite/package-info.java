/** Domain XML in, domain XML out. */
@NullMarked
package io.vsmmu.hook.rewrite;

import org.jspecify.annotations.NullMarked;
