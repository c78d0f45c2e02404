/**
 * The wish from a file instead of the API server: a VSmmu as one would apply it, held to the same
 * rules and followed while it changes.
 */
@NullMarked
package io.vsmmu.agent.config;

import org.jspecify.annotations.NullMarked;
