/** Objects of Linux iommufd and the tree of them that one VM needs. */
@NullMarked
package io.vsmmu.iommufd;

import org.jspecify.annotations.NullMarked;
