package io.vsmmu.agent.kubelet;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * gRPC over Unix-domain sockets, all on one event loop. Java's own domain sockets: no native
 * library, so that it works on a read-only root.
 */
final class UnixGrpc implements AutoCloseable {
  /** PodResources lists every container of the node with all its devices and cores. */
  private static final int LARGEST_ANSWER = 16 << 20;

  private final EventLoopGroup events =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  /** A channel to a listening socket; it connects with the first call. */
  ManagedChannel connect(Path socket) {
    return NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
        .eventLoopGroup(events)
        .channelType(NioDomainSocketChannel.class)
        .withOption(ChannelOption.SO_KEEPALIVE, null)
        // The default is the socket's path, which Go's HTTP/2 server refuses as an authority.
        .overrideAuthority("localhost")
        .usePlaintext()
        .maxInboundMessageSize(LARGEST_ANSWER)
        .build();
  }

  /** Serves until the returned server is shut down. */
  Server serve(Path socket, BindableService service) throws IOException {
    return NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
        .bossEventLoopGroup(events)
        .workerEventLoopGroup(events)
        .channelType(NioServerDomainSocketChannel.class)
        .withChildOption(ChannelOption.SO_KEEPALIVE, null)
        .addService(service)
        .build()
        .start();
  }

  /** A failed call in a line: gRPC leaves what the socket said to the cause. */
  static String describe(StatusRuntimeException failure) {
    Throwable cause = failure.getCause();
    return failure.getMessage() + (cause == null ? "" : " (" + cause.getMessage() + ")");
  }

  @Override
  public void close() {
    events.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
