/**
 * The lab's virt-launcher: what KubeVirt's does between its sockets, its hook sidecars and libvirt
 * to start a VM with host devices, and no more.
 */
@NullMarked
package io.vsmmu.lab.vm.launcher;

import org.jspecify.annotations.NullMarked;
