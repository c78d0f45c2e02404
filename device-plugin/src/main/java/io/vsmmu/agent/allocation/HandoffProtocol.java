package io.vsmmu.agent.allocation;

/** What a container is handed, which depends on the socket that it connects to. */
public enum HandoffProtocol {
  /** The context and every device, as the manifest tells. */
  FULL,
  /** The context alone: KubeVirt's libvirt opens and binds the devices by itself. */
  KUBEVIRT
}
