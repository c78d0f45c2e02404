package io.vsmmu.operator.cluster;

import io.vsmmu.operator.webhook.WebhookSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.Optional;

/** A webhook where the API server of a test finds it. */
public record WebhookOnLoopback(
    String host, int port, Optional<URI> url, String sidecarImage, String sidecarImagePullPolicy)
    implements WebhookSettings {

  public static final String SIDECAR_IMAGE = "registry.example/kubevirt-hook:1";

  public static WebhookOnLoopback atAFreePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new WebhookOnLoopback(
          "127.0.0.1",
          socket.getLocalPort(),
          Optional.of(URI.create("https://127.0.0.1:" + socket.getLocalPort())),
          SIDECAR_IMAGE,
          "IfNotPresent");
    } catch (IOException e) {
      throw new UncheckedIOException("no free port on 127.0.0.1", e);
    }
  }
}
