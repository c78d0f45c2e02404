/**
 * The webhook that gives virtual machines the hook sidecar: what it answers, its certificate, its
 * server, and how the API server is told of it.
 */
@NullMarked
package io.vsmmu.operator.webhook;

import org.jspecify.annotations.NullMarked;
