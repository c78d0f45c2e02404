package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.Handoff;
import io.vsmmu.agent.allocation.HandoffPoints;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.KernelException;
import java.io.ByteArrayOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Manifest and all descriptors go out, one line of JSON comes back. */
record FullDialogue(MemlockPolicy memlock) implements Dialogue {
  private static final Logger LOG = LoggerFactory.getLogger(FullDialogue.class);

  @Override
  public HandoffProtocol protocol() {
    return HandoffProtocol.FULL;
  }

  @Override
  public String socket() {
    return HandoffPoints.SOCKET;
  }

  /** Without it the client gets its context all the same; small guests fit the default limit. */
  @Override
  public void prepare(PeerProcess client, String allocation) {
    if (client.pid() == 0) {
      // To prlimit(2) this is the agent itself.
      LOG.warn(
          "allocation {}: the client's process is not visible from here, so that its limit of pinned"
              + " memory stays: run the agent with hostPID: true",
          allocation);
      return;
    }
    try {
      memlock.limitOf(client).raise(client);
    } catch (KernelException e) {
      LOG.warn(
          "allocation {}: {}: mapping the guest's memory may fail with ENOMEM; the agent needs"
              + " CAP_SYS_RESOURCE",
          allocation,
          e.getMessage());
    }
  }

  @Override
  public void exchange(UnixSocket client, Handoff handoff, Deadline deadline)
      throws ProtocolException {
    client.send(ManifestCodec.frame(handoff.manifest()), handoff.descriptors(), deadline);
    byte[] answer = readLine(client, deadline);
    if (!ManifestCodec.isAck(answer)) {
      throw new ProtocolException(
          answer.length == 0
              ? "the client closed the connection"
              : "the client answered " + answer.length + " bytes that are no acknowledgement");
    }
    handoff.acknowledged();
  }

  /** What the client says up to a newline, or to the end of the connection. */
  private static byte[] readLine(UnixSocket client, Deadline deadline) {
    var line = new ByteArrayOutputStream();
    while (line.size() < ManifestCodec.LONGEST_ACK) {
      byte[] part = client.receive(ManifestCodec.LONGEST_ACK - line.size(), 0, deadline).bytes();
      line.writeBytes(part);
      if (part.length == 0 || part[part.length - 1] == '\n') {
        break;
      }
    }
    return line.toByteArray();
  }
}
