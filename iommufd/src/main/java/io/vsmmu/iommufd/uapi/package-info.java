/** One class per request of the kernel's user API, with the kernel's names. */
@NullMarked
package io.vsmmu.iommufd.uapi;

import org.jspecify.annotations.NullMarked;
