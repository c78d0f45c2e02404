/**
 * Meets KubeVirt, where it is installed: keeps our resources among the devices that its virtual
 * machines may have, and says what of its configuration stands in the way. Without KubeVirt it does
 * nothing. {@link io.vsmmu.operator.kubevirt.KubeVirt} is the door.
 */
@NullMarked
package io.vsmmu.operator.kubevirt;

import org.jspecify.annotations.NullMarked;
