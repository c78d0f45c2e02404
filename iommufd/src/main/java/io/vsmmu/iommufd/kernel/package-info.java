/** System calls on device descriptors, and the errors they give. */
@NullMarked
package io.vsmmu.iommufd.kernel;

import org.jspecify.annotations.NullMarked;
