package io.vsmmu.standin.kubelet;

/** How kubelet tells the plugins of one resource apart. */
public enum KubeletGeneration {
  /**
   * As Kubernetes 1.37: by socket path. Another plugin may register while the old one is connected;
   * the same path may not.
   */
  BY_SOCKET,
  /**
   * As before: by resource alone. The newest registration replaces the older, and when the older
   * stream then ends, the newer one is disconnected with it (kubernetes/kubernetes #127803).
   */
  BY_RESOURCE
}
