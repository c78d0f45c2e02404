/** A change of one device of many, until kubelet knows of it. */
@NullMarked
package io.vsmmu.bench.devices;

import org.jspecify.annotations.NullMarked;
