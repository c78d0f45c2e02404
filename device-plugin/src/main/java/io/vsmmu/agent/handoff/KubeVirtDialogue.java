package io.vsmmu.agent.handoff;

import io.vsmmu.agent.allocation.Handoff;
import io.vsmmu.agent.allocation.HandoffPoints;
import io.vsmmu.agent.allocation.HandoffProtocol;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import java.util.List;

/**
 * As KubeVirt's virt-launcher speaks it: one byte 0 with the context goes out, one byte of any
 * value comes back. KubeVirt's virt-handler raises the limit of what the VMM may pin.
 */
record KubeVirtDialogue() implements Dialogue {

  @Override
  public HandoffProtocol protocol() {
    return HandoffProtocol.KUBEVIRT;
  }

  @Override
  public String socket() {
    return HandoffPoints.KUBEVIRT_SOCKET;
  }

  @Override
  public void prepare(PeerProcess client, String allocation) {}

  @Override
  public void exchange(UnixSocket client, Handoff handoff, Deadline deadline)
      throws ProtocolException {
    client.send(new byte[1], List.of(handoff.descriptors().getFirst()), deadline);
    if (client.receive(1, 0, deadline).bytes().length == 0) {
      throw new ProtocolException("virt-launcher closed the connection");
    }
    handoff.acknowledged();
  }
}
