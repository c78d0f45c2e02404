package io.vsmmu.api.v1alpha1;

/** Which VFIO device nodes a container gets. */
public enum VfioNodes {
  /** Container, group and character device, as far as the kernel has them; libvirt wants all. */
  LegacyAndCdev,
  /** The character device alone, as Kata wants it. */
  CdevOnly
}
