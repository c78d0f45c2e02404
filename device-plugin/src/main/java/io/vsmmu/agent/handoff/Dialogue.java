package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.Handoff;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.fdpass.UnixSocket;

/** What is said on a connection once it is known who is there. */
sealed interface Dialogue permits FullDialogue, KubeVirtDialogue {

  HandoffProtocol protocol();

  /** Name of the socket in the allocation's directory. */
  String socket();

  /** Does for a client what it needs before it can use what it gets. */
  void prepare(PeerProcess client, String allocation);

  /**
   * Hands over and waits for the acknowledgement.
   *
   * @throws ProtocolException when the client does not acknowledge
   * @throws io.vsmmu.iommufd.kernel.KernelException when the connection breaks, or at the deadline
   */
  void exchange(UnixSocket client, Handoff handoff, Deadline deadline) throws ProtocolException;
}
