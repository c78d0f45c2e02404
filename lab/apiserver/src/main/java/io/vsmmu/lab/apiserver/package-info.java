/**
 * A real Kubernetes API without a cluster: etcd and kube-apiserver as child processes on free
 * loopback ports, without root. There are no nodes, scheduler or controllers, hence no garbage
 * collection.
 */
@NullMarked
package io.vsmmu.lab.apiserver;

import org.jspecify.annotations.NullMarked;
