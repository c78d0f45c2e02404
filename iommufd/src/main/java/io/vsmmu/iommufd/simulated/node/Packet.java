package io.vsmmu.iommufd.simulated.node;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What client and node say to each other about one request. The client begins with a {@link
 * Request}; the node may ask back with {@link Callback}s, each of which gets one {@link Reply}; it
 * ends with {@link Done} or {@link Failed}.
 */
sealed interface Packet {

  /** Most bytes of memory that one packet carries. */
  int MAX_MEMORY = 32 * 1024;

  /** Room for every packet. */
  int MAX_SIZE = MAX_MEMORY + 1024;

  /** What a client wants. */
  sealed interface Request extends Packet {}

  /** Opens a device node on this connection, which becomes the open file. */
  record Open(String device) implements Request {}

  /** {@code ioctl(2)} on this connection's open file. */
  record Ioctl(int request, long argument) implements Request {}

  /** Asks for the number by which the node knows this connection's open file. */
  record Identify() implements Request {}

  /** Writes a sysfs attribute. */
  record WriteAttribute(String attribute, String value) implements Request {}

  /** {@code read(2)}; answered with {@link Bytes}. */
  record Read(int length) implements Request {}

  /** {@code write(2)}; answered with a {@link Count}. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Write(byte[] bytes) implements Request {}

  /** Waits for something to read; answered with a {@link Count} of 1 or, in time, 0. */
  record Await(long nanos) implements Request {}

  /** What the node needs from a client while it works on its request. */
  sealed interface Callback extends Packet {}

  record ReadMemory(long address, int length) implements Callback {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record WriteMemory(long address, byte[] bytes) implements Callback {}

  /** Asks for the {@link Identify identity} of the client's descriptor. */
  record ResolveDescriptor(int fd) implements Callback {}

  /** Asks whether memory of the client can be pinned. */
  record CheckMemory(long address, long length, boolean writable) implements Callback {}

  /** Asks for a {@link HostFile description} of a file that is not the node's. */
  record DescribeDescriptor(int fd) implements Callback {}

  /**
   * Brings a descriptor, which rides along, of a file that the request made; answered with its
   * number as {@link Count}.
   */
  record InstallDescriptor() implements Callback {}

  /** Closes a descriptor that was installed. */
  record CloseDescriptor(int fd) implements Callback {}

  /** A client's answer to a callback. */
  sealed interface Reply extends Packet {}

  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Bytes(byte[] bytes) implements Reply {}

  /** How many, or how much. */
  record Count(int count) implements Reply {}

  /** An open file's identity. */
  record Identity(long file) implements Reply {}

  /** As {@link io.vsmmu.iommufd.simulated.HostFile}. */
  record HostFile(boolean memory, long size) implements Reply {}

  /** The end of a request, or the answer to a callback that wants none. */
  record Done() implements Reply {}

  /**
   * @param errno as on Linux
   * @param message what failed; empty when the errno says it all
   */
  record Failed(int errno, String message) implements Reply {}

  default byte[] encode() {
    return switch (this) {
      case Open p -> text(1, p.device);
      case Ioctl p -> start(2, 12).putInt(p.request).putLong(p.argument).array();
      case Identify p -> start(3, 0).array();
      case WriteAttribute p -> text(4, p.attribute + '\0' + p.value);
      case ReadMemory p -> start(5, 12).putLong(p.address).putInt(p.length).array();
      case WriteMemory p -> start(6, 8 + p.bytes.length).putLong(p.address).put(p.bytes).array();
      case ResolveDescriptor p -> start(7, 4).putInt(p.fd).array();
      case Bytes p -> start(8, p.bytes.length).put(p.bytes).array();
      case Identity p -> start(9, 8).putLong(p.file).array();
      case Done p -> start(10, 0).array();
      case Failed p -> {
        var message = p.message.getBytes(StandardCharsets.UTF_8);
        yield start(11, 4 + message.length).putInt(p.errno).put(message).array();
      }
      case Read p -> start(12, 4).putInt(p.length).array();
      case Write p -> start(13, p.bytes.length).put(p.bytes).array();
      case Await p -> start(14, 8).putLong(p.nanos).array();
      case Count p -> start(15, 4).putInt(p.count).array();
      case CheckMemory p ->
          start(16, 17)
              .putLong(p.address)
              .putLong(p.length)
              .put((byte) (p.writable ? 1 : 0))
              .array();
      case DescribeDescriptor p -> start(17, 4).putInt(p.fd).array();
      case InstallDescriptor p -> start(18, 0).array();
      case CloseDescriptor p -> start(19, 4).putInt(p.fd).array();
      case HostFile p -> start(20, 9).put((byte) (p.memory ? 1 : 0)).putLong(p.size).array();
    };
  }

  /**
   * @throws IllegalArgumentException when the bytes are no packet
   */
  static Packet decode(byte[] bytes) {
    try {
      var in = ByteBuffer.wrap(bytes);
      return switch (in.get()) {
        case 1 -> new Open(restAsText(in));
        case 2 -> new Ioctl(in.getInt(), in.getLong());
        case 3 -> new Identify();
        case 4 -> {
          var parts = restAsText(in).split("\0", 2);
          yield new WriteAttribute(parts[0], parts[1]);
        }
        case 5 -> new ReadMemory(in.getLong(), in.getInt());
        case 6 -> new WriteMemory(in.getLong(), rest(in));
        case 7 -> new ResolveDescriptor(in.getInt());
        case 8 -> new Bytes(rest(in));
        case 9 -> new Identity(in.getLong());
        case 10 -> new Done();
        case 11 -> new Failed(in.getInt(), restAsText(in));
        case 12 -> new Read(in.getInt());
        case 13 -> new Write(rest(in));
        case 14 -> new Await(in.getLong());
        case 15 -> new Count(in.getInt());
        case 16 -> new CheckMemory(in.getLong(), in.getLong(), in.get() != 0);
        case 17 -> new DescribeDescriptor(in.getInt());
        case 18 -> new InstallDescriptor();
        case 19 -> new CloseDescriptor(in.getInt());
        case 20 -> new HostFile(in.get() != 0, in.getLong());
        default -> throw new IllegalArgumentException("unknown packet type " + bytes[0]);
      };
    } catch (java.nio.BufferUnderflowException | ArrayIndexOutOfBoundsException e) {
      throw new IllegalArgumentException("packet of " + bytes.length + " bytes is too short", e);
    }
  }

  private static ByteBuffer start(int type, int length) {
    return ByteBuffer.allocate(1 + length).put((byte) type);
  }

  private static byte[] text(int type, String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    return start(type, bytes.length).put(bytes).array();
  }

  private static byte[] rest(ByteBuffer in) {
    var bytes = new byte[in.remaining()];
    in.get(bytes);
    return bytes;
  }

  private static String restAsText(ByteBuffer in) {
    return new String(rest(in), StandardCharsets.UTF_8);
  }
}
