/**
 * Unix-domain sockets that carry open files (SCM_RIGHTS) and tell who is at the other end. The
 * JDK's own socket channels can do neither. Every wait has a {@link Deadline}.
 *
 * <p>Structure layouts are those of 64-bit Linux, the same on x86-64 and aarch64.
 */
@NullMarked
package io.vsmmu.iommufd.fdpass;

import org.jspecify.annotations.NullMarked;
