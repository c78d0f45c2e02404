/**
 * A simulated node as a process of its own. It owns a folder ({@link
 * io.vsmmu.iommufd.simulated.node.NodeFolder}) with a sysfs tree, device nodes and a socket, and
 * serves the simulated machine to other processes through it: {@link
 * io.vsmmu.iommufd.simulated.node.RemoteKernel} and {@link
 * io.vsmmu.iommufd.simulated.node.RemoteSysfs} are their side.
 *
 * <p>A client's open file is a connection to that socket, so its descriptor can be passed to other
 * processes, and the file is released when the last copy is closed, as with a real one. Each
 * request is a conversation of its own: the client makes a socket pair and sends one end over the
 * open file's connection. Processes that share an open file therefore never see each other's
 * answers.
 */
@NullMarked
package io.vsmmu.iommufd.simulated.node;

import org.jspecify.annotations.NullMarked;
