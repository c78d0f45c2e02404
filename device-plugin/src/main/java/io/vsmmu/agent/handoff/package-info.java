/**
 * Hands a prepared context over to the container that it was prepared for, through a socket in a
 * directory of its own.
 *
 * <p>On connect the server sends a 4-byte big-endian length and that many bytes of JSON, {@link
 * io.vsmmu.agent.allocation.HandoffManifest}; the open files ride in one SCM_RIGHTS message on the
 * first byte, in the order of the manifest's {@code fds}. The client answers the line {@code
 * {"ack":true}}, or closes.
 */
@NullMarked
package io.vsmmu.agent.handoff;

import org.jspecify.annotations.NullMarked;
