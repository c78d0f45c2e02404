package io.vsmmu.iommufd.fdpass;

import java.util.List;

/**
 * What one receive returned.
 *
 * @param bytes the data; empty when the peer has ended the connection
 * @param fds the open files that came with it, close-on-exec set, in the order in which they were
 *     sent; closed with the message unless {@linkplain OwnedFd#take taken}
 */
@SuppressWarnings("ArrayRecordComponent") // a message is never compared, and copies would cost
public record Message(byte[] bytes, List<OwnedFd> fds) implements AutoCloseable {

  public Message {
    fds = List.copyOf(fds);
  }

  /** Whether the peer has ended the connection. */
  public boolean isEnd() {
    return bytes.length == 0 && fds.isEmpty();
  }

  /** Closes the files that nobody took. */
  @Override
  public void close() {
    fds.forEach(OwnedFd::close);
  }
}
