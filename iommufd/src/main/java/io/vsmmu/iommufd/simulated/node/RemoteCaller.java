package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.simulated.Caller;
import io.vsmmu.iommufd.simulated.CallingProcess;
import io.vsmmu.iommufd.simulated.HostFile;
import io.vsmmu.iommufd.simulated.OpenFile;
import io.vsmmu.iommufd.simulated.UserMemory;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A client as the machine sees it while it works on the client's request. */
final class RemoteCaller implements Caller, UserMemory {
  /**
   * The machine is locked meanwhile, so a client that hangs must not hold it for ever; one that
   * merely gets no processor for some seconds must not fail.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** The files of the node's clients. */
  interface Files {

    /** The file whose connection has that identity, or null. */
    @Nullable OpenFile file(long identity);

    /**
     * Makes a connection for a file that a request made.
     *
     * @return the client's end; the caller's
     */
    UnixSocket connect(OpenFile file);
  }

  private final Conversation conversation;
  private final int owner;
  private final Files files;

  /**
   * @param owner the user who runs the node: its root
   */
  RemoteCaller(Conversation conversation, int owner, Files files) {
    this.conversation = conversation;
    this.owner = owner;
    this.files = files;
  }

  @Override
  public CallingProcess process() {
    try (var peer = conversation.peer()) {
      boolean root = peer.uid() == owner;
      return new CallingProcess(
          peer.pid(),
          peer.uid(),
          root ? CallingProcess.UNLIMITED : LockedMemoryLimit.of(peer),
          root,
          root);
    }
  }

  @Override
  public UserMemory memory() {
    return this;
  }

  @Override
  public byte[] read(long address, int length) {
    var all = new ByteArrayOutputStream(length);
    for (int done = 0; done < length; done += Packet.MAX_MEMORY) {
      int part = Math.min(length - done, Packet.MAX_MEMORY);
      if (ask(new Packet.ReadMemory(address + done, part)) instanceof Packet.Bytes answer
          && answer.bytes().length == part) {
        all.writeBytes(answer.bytes());
      } else {
        throw new KernelException("read of a client's memory", Errno.EFAULT);
      }
    }
    return all.toByteArray();
  }

  @Override
  public void write(long address, byte[] bytes) {
    for (int done = 0; done < bytes.length; done += Packet.MAX_MEMORY) {
      int end = Math.min(bytes.length, done + Packet.MAX_MEMORY);
      ask(new Packet.WriteMemory(address + done, Arrays.copyOfRange(bytes, done, end)));
    }
  }

  /**
   * @throws KernelException never for a descriptor that is not open or not a file of the node
   */
  @Override
  public @Nullable OpenFile file(int fd) {
    conversation.say(new Packet.ResolveDescriptor(fd));
    return conversation.hear(Deadline.after(PATIENCE)) instanceof Packet.Identity identity
        ? files.file(identity.file())
        : null;
  }

  @Override
  public HostFile hostFile(int fd) {
    if (ask(new Packet.DescribeDescriptor(fd)) instanceof Packet.HostFile file) {
      return new HostFile(file.memory(), file.size());
    }
    throw new KernelException("descriptor " + fd + " of a client", Errno.EBADF);
  }

  @Override
  public int install(OpenFile file) {
    try (var theirs = files.connect(file)) {
      conversation.say(new Packet.InstallDescriptor(), theirs.fd());
      if (answer() instanceof Packet.Count number) {
        return number.count();
      }
      throw new KernelException("a client that takes no descriptor", Errno.EPROTO);
    }
  }

  @Override
  public void uninstall(int fd) {
    ask(new Packet.CloseDescriptor(fd));
  }

  @Override
  public void requirePinnable(long address, long length, boolean writable) {
    ask(new Packet.CheckMemory(address, length, writable));
  }

  private Packet ask(Packet.Callback callback) {
    conversation.say(callback);
    return answer();
  }

  private Packet answer() {
    var answer = conversation.hear(Deadline.after(PATIENCE));
    if (answer instanceof Packet.Failed failed) {
      throw new KernelException("a client's part of its request", Errno.of(failed.errno()));
    }
    return answer;
  }
}
