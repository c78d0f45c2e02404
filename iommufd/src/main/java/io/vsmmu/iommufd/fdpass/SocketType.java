package io.vsmmu.iommufd.fdpass;

/** How a socket frames what is sent; socket(2). */
public enum SocketType {
  /** A byte stream: a receive may return part of a send, or several joined. */
  STREAM(1),
  /** Packets with their boundaries kept, in order, on a connection. */
  SEQPACKET(5);

  private final int number;

  SocketType(int number) {
    this.number = number;
  }

  int number() {
    return number;
  }
}
