package io.vsmmu.iommufd.simulated.node;

import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.kernel.Errno;
import io.vsmmu.iommufd.kernel.KernelException;
import io.vsmmu.iommufd.simulated.Caller;
import io.vsmmu.iommufd.simulated.OpenFile;
import io.vsmmu.iommufd.simulated.UserMemory;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** A client as the machine sees it while it works on the client's request. */
final class RemoteCaller implements Caller, UserMemory {
  /** The machine is locked meanwhile, so a client that hangs must not hold it for long. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Conversation conversation;
  private final boolean sysResource;
  private final LongFunction<@Nullable OpenFile> fileByIdentity;

  RemoteCaller(
      Conversation conversation,
      boolean sysResource,
      LongFunction<@Nullable OpenFile> fileByIdentity) {
    this.conversation = conversation;
    this.sysResource = sysResource;
    this.fileByIdentity = fileByIdentity;
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
        ? fileByIdentity.apply(identity.file())
        : null;
  }

  @Override
  public boolean hasSysResource() {
    return sysResource;
  }

  private Packet ask(Packet.Callback callback) {
    conversation.say(callback);
    var answer = conversation.hear(Deadline.after(PATIENCE));
    if (answer instanceof Packet.Failed failed) {
      throw new KernelException("access to a client's memory", Errno.of(failed.errno()));
    }
    return answer;
  }
}
