package io.vsmmu.lab.vm;

import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegisterRequest;
import io.vsmmu.agent.kubelet.api.deviceplugin.RegistrationGrpc;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Gives pods {@code /dev/kvm}, in the role and under the name of KubeVirt's virt-handler. Ends when
 * kubelet goes away; whoever started it starts it anew.
 */
public final class KvmPlugin {
  static final String RESOURCE = "devices.kubevirt.io/kvm";

  private static final String ENDPOINT = "lab-kvm.sock";
  private static final int SECONDS_TO_REGISTER = 60;

  private KvmPlugin() {}

  /**
   * Runs the program.
   *
   * @param arguments kubelet's folder of device plugins
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (arguments.length != 1) {
      System.err.println("usage: KvmPlugin FOLDER, e.g. /var/lib/kubelet/device-plugins");
      System.exit(2);
    }
    Path folder = Path.of(arguments[0]);
    Files.deleteIfExists(folder.resolve(ENDPOINT));
    EventLoopGroup events = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    var gone = new CountDownLatch(1);
    Server server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(folder.resolve(ENDPOINT)))
            .bossEventLoopGroup(events)
            .workerEventLoopGroup(events)
            .channelType(NioServerDomainSocketChannel.class)
            .withChildOption(ChannelOption.SO_KEEPALIVE, null)
            .addService(new KvmService(gone::countDown))
            .build()
            .start();
    try {
      register(folder, events);
      System.out.println(RESOURCE + " is registered");
      gone.await();
      System.out.println("kubelet has gone away");
    } finally {
      server.shutdownNow();
      events.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  private static void register(Path folder, EventLoopGroup events) {
    var channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(folder.resolve("kubelet.sock")))
            .eventLoopGroup(events)
            .channelType(NioDomainSocketChannel.class)
            .withOption(ChannelOption.SO_KEEPALIVE, null)
            // The default is the socket's path, which Go's HTTP/2 server refuses as an authority.
            .overrideAuthority("localhost")
            .usePlaintext()
            .build();
    try {
      var _ =
          RegistrationGrpc.newBlockingStub(channel)
              .withDeadlineAfter(SECONDS_TO_REGISTER, TimeUnit.SECONDS)
              .register(
                  RegisterRequest.newBuilder()
                      .setVersion("v1beta1")
                      .setEndpoint(ENDPOINT)
                      .setResourceName(RESOURCE)
                      .build());
    } finally {
      channel.shutdownNow();
    }
  }
}
