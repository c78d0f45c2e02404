package io.vsmmu.iommufd.simulated.node;

import com.sun.jna.Pointer;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.Ioctl;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.kernel.LinuxKernel;
import io.vsmmu.iommufd.simulated.HostFile;
import io.vsmmu.iommufd.simulated.JvmMemory;
import io.vsmmu.iommufd.simulated.UserMemory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The kernel of a simulated node, as a process sees it that is not the node's. Descriptors are real
 * ones of this process: they can be passed on with SCM_RIGHTS, and end with the process. A
 * descriptor that was passed here works whether or not this process could open the device itself.
 */
public final class RemoteKernel implements Kernel {
  private static final UserMemory MEMORY = new JvmMemory();
  private static final LinuxKernel LINUX = new LinuxKernel();

  private final NodeFolder folder;

  public RemoteKernel(NodeFolder folder) {
    this.folder = folder;
  }

  /**
   * @param device a file below the node's {@link NodeFolder#dev}; its permissions count
   * @throws KernelException ENXIO when it is not, or when the node's process does not run
   */
  @Override
  public int open(Path device) {
    var name =
        folder
            .device(device)
            .orElseThrow(() ->
                new KernelException(
                    "open %s, which is not below %s".formatted(device, folder.dev()), Errno.ENXIO));
    LINUX.close(LINUX.open(device));
    var connection = connect(folder);
    try {
      request(connection.fd(), connection.name(), new Packet.Open(name.toString()));
      // From here on the descriptor is the caller's; nothing else refers to it.
      return connection.fd();
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  @Override
  public void close(int fd) {
    LINUX.close(fd);
  }

  @Override
  public void ioctl(int fd, Ioctl request, @Nullable Pointer argument) {
    call(fd, request.name(), new Packet.Ioctl(request.number(), Pointer.nativeValue(argument)));
  }

  @Override
  public int read(int fd, Pointer buffer, int length) {
    var answer = call(fd, "read", new Packet.Read(length));
    if (answer instanceof Packet.Bytes read) {
      MEMORY.write(Pointer.nativeValue(buffer), read.bytes());
      return read.bytes().length;
    }
    throw unexpected(answer);
  }

  @Override
  public int write(int fd, Pointer buffer, int length) {
    int part = Math.min(length, Packet.MAX_MEMORY);
    return count(
        call(fd, "write", new Packet.Write(MEMORY.read(Pointer.nativeValue(buffer), part))));
  }

  @Override
  public boolean awaitReadable(int fd, Duration timeout) {
    long nanos = TimeUnit.NANOSECONDS.convert(timeout);
    return count(call(fd, "poll", new Packet.Await(nanos))) > 0;
  }

  private static int count(Packet.Reply answer) {
    if (answer instanceof Packet.Count count) {
      return count.count();
    }
    throw unexpected(answer);
  }

  private static KernelException unexpected(Packet answer) {
    return new KernelException("the simulated node said " + answer, Errno.EPROTO);
  }

  private static Packet.Reply call(int fd, String name, Packet.Request request) {
    String call = name + " on descriptor " + fd;
    try {
      return request(fd, call, request);
    } catch (KernelException e) {
      throw new KernelException(call, e.errno());
    }
  }

  static UnixSocket connect(NodeFolder folder) {
    try {
      return UnixSocket.connect(folder.socket(), SocketType.SEQPACKET, Deadline.never());
    } catch (KernelException e) {
      throw new KernelException(
          "no simulated node serves %s (%s): start one".formatted(folder.root(), e.errno()),
          Errno.ENXIO);
    }
  }

  /**
   * Makes a request over a connection and serves what the node asks back.
   *
   * @return the answer
   * @throws KernelException what the request gives
   */
  static Packet.Reply request(int fd, String name, Packet.Request request) {
    try (var conversation = Conversation.begin(fd, name)) {
      conversation.say(request);
      while (true) {
        switch (conversation.hear(Deadline.never())) {
          case Packet.Failed failed ->
              throw new KernelException(
                  failed.message().isEmpty() ? name : failed.message(), Errno.of(failed.errno()));
          case Packet.Callback callback -> tell(answer(callback, conversation), conversation);
          case Packet.Reply answer -> {
            return answer;
          }
          case Packet other -> throw unexpected(other);
        }
      }
    }
  }

  /** A node that has not waited for it has said why; that is heard next. */
  private static void tell(Packet.Reply answer, Conversation conversation) {
    try {
      conversation.say(answer);
    } catch (KernelException e) {
      if (e.errno() != Errno.EPIPE) {
        throw e;
      }
    }
  }

  private static Packet.Reply answer(Packet.Callback callback, Conversation conversation) {
    try {
      return switch (callback) {
        case Packet.ReadMemory read -> new Packet.Bytes(MEMORY.read(read.address(), read.length()));
        case Packet.WriteMemory write -> {
          MEMORY.write(write.address(), write.bytes());
          yield new Packet.Done();
        }
        case Packet.CheckMemory check -> {
          MEMORY.requirePinnable(check.address(), check.length(), check.writable());
          yield new Packet.Done();
        }
        case Packet.ResolveDescriptor resolve -> new Packet.Identity(identity(resolve.fd()));
        case Packet.DescribeDescriptor describe -> {
          var file = HostFile.of(describe.fd());
          yield new Packet.HostFile(file.memory(), file.size());
        }
        // From here on the descriptor is the caller's, who gets its number with the answer.
        case Packet.InstallDescriptor install -> new Packet.Count(conversation.takeReceived());
        case Packet.CloseDescriptor close -> {
          LINUX.close(close.fd());
          yield new Packet.Done();
        }
      };
    } catch (KernelException e) {
      return new Packet.Failed(e.errno().number(), "");
    }
  }

  /** Asks the node, over the file itself, which of its open files it is. */
  private static long identity(int fd) {
    try (var conversation = Conversation.begin(fd, "descriptor " + fd)) {
      conversation.say(new Packet.Identify());
      return switch (conversation.hear(Deadline.never())) {
        case Packet.Identity identity -> identity.file();
        case Packet other ->
            throw new KernelException("descriptor " + fd + " is of another node", Errno.EBADFD);
      };
    }
  }
}
