/**
 * What a domain lacks so that each physical SMMU behind which its devices sit has a vSMMU of its
 * own in the guest: decided on records alone.
 */
@NullMarked
package io.vsmmu.hook.plan;

import org.jspecify.annotations.NullMarked;
