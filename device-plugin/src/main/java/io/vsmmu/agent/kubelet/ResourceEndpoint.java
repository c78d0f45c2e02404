package io.vsmmu.agent.kubelet;

import io.grpc.BindableService;
import io.grpc.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A resource's server on a socket of its own, from before Register until it is given up. */
final class ResourceEndpoint implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ResourceEndpoint.class);

  private final Path socket;
  private final Server server;
  private final DeviceStreams streams;

  private ResourceEndpoint(Path socket, Server server, DeviceStreams streams) {
    this.socket = socket;
    this.server = server;
    this.streams = streams;
  }

  static ResourceEndpoint serve(
      UnixGrpc grpc, Path socket, BindableService service, DeviceStreams streams)
      throws IOException {
    return new ResourceEndpoint(socket, grpc.serve(socket, service), streams);
  }

  /** The name under which kubelet is told of it. */
  String name() {
    return socket.getFileName().toString();
  }

  /** False after kubelet has emptied its folder, as it does when it starts. */
  boolean isReachable() {
    return Files.exists(socket, LinkOption.NOFOLLOW_LINKS);
  }

  boolean streamOpen() {
    return streams.anyOpen();
  }

  @Override
  public void close() {
    server.shutdownNow();
    try {
      if (!server.awaitTermination(5, TimeUnit.SECONDS)) {
        LOG.warn("calls on {} are still under way", socket);
      }
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      LOG.warn("cannot remove {}: {}", socket, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
