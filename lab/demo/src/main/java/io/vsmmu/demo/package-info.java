/**
 * The main job as a story in the terminal, on any machine and without root: a real etcd and
 * kube-apiserver, the operator and the agent as processes, a simulated node, and a stand-in for
 * kubelet that speaks its real gRPC protocol.
 */
@NullMarked
package io.vsmmu.demo;

import org.jspecify.annotations.NullMarked;
