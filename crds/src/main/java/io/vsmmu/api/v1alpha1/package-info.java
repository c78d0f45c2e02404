/**
 * The {@code vsmmu.io/v1alpha1} API: what a node offers, and what its agent found and did.
 *
 * <p>Every type but {@link io.vsmmu.api.v1alpha1.VSmmu} is an immutable record. Spec records fill
 * the schema's defaults in, so that a reader never meets a missing value; lists are never null. The
 * custom resource definition is generated from these classes.
 */
@NullMarked
package io.vsmmu.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
