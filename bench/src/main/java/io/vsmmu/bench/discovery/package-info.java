/** Reading a large node from sysfs. */
@NullMarked
package io.vsmmu.bench.discovery;

import org.jspecify.annotations.NullMarked;
