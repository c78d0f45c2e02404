package io.vsmmu.hook.serve;

import io.grpc.Server;
import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.hook.serve.api.info.InfoGrpc;
import io.vsmmu.hook.serve.api.info.InfoParams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sidecar's server. virt-launcher looks for sockets every 300 ms and gives Info one second, and
 * a failure ends the VM; a cold JVM on the 200 millicores that KubeVirt may give it can take that
 * long for its first call. So the socket is made in a folder, which virt-launcher skips, and moved
 * into its sight after a first call has gone through.
 */
public final class HookServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HookServer.class);

  /** virt-launcher tells sockets of different sidecars apart by their names alone. */
  private static final String SOCKET = "vsmmu.sock";

  private static final String OUT_OF_SIGHT = ".starting";
  private static final int FIRST_CALL_SECONDS = 60;
  private static final int LAST_ANSWERS_SECONDS = 5;

  private final UnixGrpc grpc;
  private final Server server;
  private final Path socket;
  private final CountDownLatch shutDown;

  private HookServer(UnixGrpc grpc, Server server, Path socket, CountDownLatch shutDown) {
    this.grpc = grpc;
    this.server = server;
    this.socket = socket;
    this.shutDown = shutDown;
  }

  /**
   * Serves on {@code vsmmu.sock}, in the place of one that an earlier run has left.
   *
   * @param folder where KubeVirt shares sockets: {@code /var/run/kubevirt-hooks}
   * @param functions of the node that it runs on
   * @throws IOException when there is no such folder, or no socket can be made in it
   */
  public static HookServer start(Path folder, HostFunctions functions) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new IOException(
          folder
              + " is no folder: KubeVirt mounts it into hook sidecars; see docs/kubevirt.md for how"
              + " this program becomes one");
    }
    var starting = Files.createDirectories(folder.resolve(OUT_OF_SIGHT)).resolve(SOCKET);
    Files.deleteIfExists(starting);
    var socket = folder.resolve(SOCKET);
    var shutDown = new CountDownLatch(1);
    var grpc = new UnixGrpc();
    try {
      var server =
          grpc.serve(
              starting, new InfoService(), new CallbacksService(functions, shutDown::countDown));
      var hook = new HookServer(grpc, server, socket, shutDown);
      hook.callFirst(starting);
      Files.move(starting, socket, StandardCopyOption.ATOMIC_MOVE);
      LOG.info("serving on {}", socket);
      return hook;
    } catch (IOException | RuntimeException e) {
      grpc.close();
      throw e;
    }
  }

  private void callFirst(Path at) {
    var channel = grpc.connect(at);
    try {
      var _ =
          InfoGrpc.newBlockingStub(channel)
              .withDeadlineAfter(FIRST_CALL_SECONDS, TimeUnit.SECONDS)
              .info(InfoParams.getDefaultInstance());
    } finally {
      channel.shutdownNow();
    }
  }

  /** The socket that virt-launcher finds. */
  public Path socket() {
    return socket;
  }

  /** Waits until virt-launcher says that the VM has ended. */
  public void awaitShutdown() throws InterruptedException {
    shutDown.await();
  }

  /** Lets calls under way end, and removes the socket. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      LOG.warn("cannot remove {}: {}", socket, e.toString());
    }
    try {
      if (!server.shutdown().awaitTermination(LAST_ANSWERS_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    grpc.close();
  }
}
