/** Arm SMMUv3: what a unit can do, and the stream table entries a guest may have. */
@NullMarked
package io.vsmmu.iommufd.smmu;

import org.jspecify.annotations.NullMarked;
