package io.vsmmu.hook.serve;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
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

  /** A domain with hundreds of disks has some hundred kilobytes, a VM's JSON less than 2 MB. */
  private static final int LARGEST_CALL = 16 << 20;

  private final EventLoopGroup events =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

  ManagedChannel connect(Path socket) {
    return NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
        .eventLoopGroup(events)
        .channelType(NioDomainSocketChannel.class)
        .withOption(ChannelOption.SO_KEEPALIVE, null)
        .overrideAuthority("localhost")
        .directExecutor()
        .usePlaintext()
        .build();
  }

  Server serve(Path socket, BindableService... services) throws IOException {
    var builder =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .bossEventLoopGroup(events)
            .workerEventLoopGroup(events)
            .channelType(NioServerDomainSocketChannel.class)
            .withChildOption(ChannelOption.SO_KEEPALIVE, null)
            // A domain takes milliseconds, and a sidecar has one caller.
            .directExecutor()
            .maxInboundMessageSize(LARGEST_CALL);
    for (var service : services) {
      builder.addService(service);
    }
    return builder.build().start();
  }

  @Override
  public void close() {
    events.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
