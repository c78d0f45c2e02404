package io.vsmmu.lab.vm.launcher;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.vsmmu.hook.serve.api.info.HookPoint;
import io.vsmmu.hook.serve.api.info.InfoGrpc;
import io.vsmmu.hook.serve.api.info.InfoParams;
import io.vsmmu.hook.serve.api.info.InfoResult;
import io.vsmmu.hook.serve.api.v1alpha3.CallbacksGrpc;
import io.vsmmu.hook.serve.api.v1alpha3.OnDefineDomainParams;
import io.vsmmu.hook.serve.api.v1alpha3.ShutdownParams;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The hook sidecar of the VM's pod, as virt-launcher calls it. */
final class HookSidecar implements AutoCloseable {
  private static final String VERSION = "v1alpha3";
  private static final String ON_DEFINE_DOMAIN = "OnDefineDomain";

  /** virt-launcher's own. */
  private static final int LOOK_MILLIS = 300;

  private static final int CALL_SECONDS = 60;

  private final EventLoopGroup events =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ManagedChannel channel;

  private HookSidecar(Path socket) {
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .eventLoopGroup(events)
            .channelType(NioDomainSocketChannel.class)
            .withOption(ChannelOption.SO_KEEPALIVE, null)
            .overrideAuthority("localhost")
            .usePlaintext()
            .build();
  }

  /**
   * Waits for the sidecar's socket and asks it what it wants to be called for.
   *
   * @param folder with a folder of each sidecar, which is all that this one sees
   * @throws IOException when there is none in time, or it does not want to see domains
   */
  static HookSidecar await(Path folder, Duration limit) throws IOException, InterruptedException {
    var end = System.nanoTime() + limit.toNanos();
    while (true) {
      for (var socket : sockets(folder)) {
        return checked(new HookSidecar(socket));
      }
      if (System.nanoTime() - end >= 0) {
        throw new IOException("no hook sidecar has a socket in " + folder);
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  private static List<Path> sockets(Path folder) throws IOException {
    try (var entries = Files.walk(folder, 2)) {
      return entries
          .filter(entry -> folder.relativize(entry).getNameCount() == 2)
          .filter(entry -> entry.toString().endsWith(".sock"))
          .toList();
    }
  }

  private static HookSidecar checked(HookSidecar sidecar) throws IOException {
    var info = sidecar.info();
    if (!info.getVersionsList().contains(VERSION)
        || info.getHookPointsList().stream()
            .map(HookPoint::getName)
            .noneMatch(ON_DEFINE_DOMAIN::equals)) {
      sidecar.close();
      throw new IOException(
          "the hook sidecar offers no %s of %s".formatted(ON_DEFINE_DOMAIN, VERSION));
    }
    return sidecar;
  }

  private InfoResult info() {
    return InfoGrpc.newBlockingStub(channel)
        .withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
        .info(InfoParams.getDefaultInstance());
  }

  /**
   * What the sidecar makes of a domain.
   *
   * @param machine the VirtualMachineInstance as JSON
   */
  String onDefineDomain(String domain, String machine) {
    return callbacks()
        .onDefineDomain(
            OnDefineDomainParams.newBuilder()
                .setDomainXML(ByteString.copyFromUtf8(domain))
                .setVmi(ByteString.copyFromUtf8(machine))
                .build())
        .getDomainXML()
        .toStringUtf8();
  }

  /** Tells it that the VM has ended. */
  void shutdown() {
    var _ = callbacks().shutdown(ShutdownParams.getDefaultInstance());
  }

  private CallbacksGrpc.CallbacksBlockingStub callbacks() {
    return CallbacksGrpc.newBlockingStub(channel).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    events.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
