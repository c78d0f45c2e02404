package io.vsmmu.bench.agent;

import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.vsmmu.agent.kubelet.api.deviceplugin.Device;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginGrpc;
import io.vsmmu.agent.kubelet.api.deviceplugin.DevicePluginOptions;
import io.vsmmu.agent.kubelet.api.deviceplugin.Empty;
import io.vsmmu.agent.kubelet.api.deviceplugin.ListAndWatchResponse;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegisterRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegistrationGrpc;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC server that does for kubelet what every plugin must, with devices that it made up, and
 * nothing else.
 */
final class BarePlugin extends DevicePluginGrpc.DevicePluginImplBase implements AutoCloseable {
  private static final String SOCKET = "bare.sock";

  private final Path folder;
  private final String resource;
  private final EventLoopGroup events =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Server server;
  private ListAndWatchResponse devices;
  private @Nullable StreamObserver<ListAndWatchResponse> stream;

  /** Serves; kubelet knows nothing of it before {@link #register}. */
  BarePlugin(Path folder, String resource, int count) throws IOException {
    this.folder = folder;
    this.resource = resource;
    this.devices = devices(count, count);
    this.server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(folder.resolve(SOCKET)))
            .bossEventLoopGroup(events)
            .workerEventLoopGroup(events)
            .channelType(NioServerDomainSocketChannel.class)
            .withChildOption(ChannelOption.SO_KEEPALIVE, null)
            .addService(this)
            .build()
            .start();
  }

  /**
   * Runs until it is killed.
   *
   * @param arguments kubelet's folder, the resource, and how many devices
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    try (var plugin =
        new BarePlugin(Path.of(arguments[0]), arguments[1], Integer.parseInt(arguments[2]))) {
      plugin.register();
      new CountDownLatch(1).await();
    }
  }

  void register() {
    var channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(folder.resolve("kubelet.sock")))
            .eventLoopGroup(events)
            .channelType(NioDomainSocketChannel.class)
            .withOption(ChannelOption.SO_KEEPALIVE, null)
            .overrideAuthority("localhost")
            .usePlaintext()
            .build();
    try {
      var _ =
          RegistrationGrpc.newBlockingStub(channel)
              .withDeadlineAfter(1, TimeUnit.MINUTES)
              .register(
                  RegisterRequest.newBuilder()
                      .setVersion("v1beta1")
                      .setEndpoint(SOCKET)
                      .setResourceName(resource)
                      .build());
    } finally {
      channel.shutdownNow();
    }
  }

  /** Says how many of its devices are healthy. */
  synchronized void tell(int count, int healthy) {
    devices = devices(count, healthy);
    if (stream != null) {
      stream.onNext(devices);
    }
  }

  private static ListAndWatchResponse devices(int count, int healthy) {
    var list = ListAndWatchResponse.newBuilder();
    for (int i = 0; i < count; i++) {
      list.addDevices(
          Device.newBuilder()
              .setID("%04x:00:00.0".formatted(i))
              .setHealth(i < healthy ? "Healthy" : "Unhealthy"));
    }
    return list.build();
  }

  @Override
  public void getDevicePluginOptions(Empty request, StreamObserver<DevicePluginOptions> observer) {
    observer.onNext(DevicePluginOptions.getDefaultInstance());
    observer.onCompleted();
  }

  @Override
  public synchronized void listAndWatch(
      Empty request, StreamObserver<ListAndWatchResponse> observer) {
    stream = observer;
    observer.onNext(devices);
  }

  @Override
  public void close() {
    server.shutdownNow();
    events.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
