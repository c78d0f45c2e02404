package io.vsmmu.agent.kubelet;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Kubelet's device-plugins folder: its socket, and ours. */
final class PluginFolder {
  private static final Logger LOG = LoggerFactory.getLogger(PluginFolder.class);
  private static final String PREFIX = "vsmmu-";
  private static final int LONGEST_LABEL = 24;

  private final Path folder;

  PluginFolder(Path folder) {
    this.folder = folder;
  }

  Path path() {
    return folder;
  }

  Path kubeletSocket() {
    return folder.resolve("kubelet.sock");
  }

  /**
   * A path for one server of {@code resource} that no server had before: a kubelet that still
   * believes in an earlier one refuses its path.
   */
  Path newSocket(String resource) {
    String label =
        resource.substring(resource.indexOf('/') + 1).toLowerCase(Locale.ROOT).replace('.', '-');
    String unique = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    return folder.resolve(
        PREFIX
            + label.substring(0, Math.min(label.length(), LONGEST_LABEL))
            + "-"
            + unique
            + ".sock");
  }

  /** Which kubelet.sock is there now; differs once kubelet has made it anew. */
  Optional<KubeletInstance> kubelet() {
    try {
      var attributes = Files.readAttributes(kubeletSocket(), BasicFileAttributes.class);
      return Optional.of(
          new KubeletInstance(
              String.valueOf(attributes.fileKey()), attributes.lastModifiedTime().toString()));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Removes sockets that a killed agent left, as far as nobody serves them. */
  void removeAbandonedSockets() {
    try (DirectoryStream<Path> sockets = Files.newDirectoryStream(folder, PREFIX + "*.sock")) {
      for (Path socket : sockets) {
        if (!isServed(socket)) {
          Files.deleteIfExists(socket);
          LOG.info("removed {}, which a former agent left", socket);
        }
      }
    } catch (IOException e) {
      LOG.warn("cannot look for abandoned sockets in {}: {}", folder, e.toString());
    }
  }

  private static boolean isServed(Path socket) {
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      return false;
    }
  }

  /** Identity of kubelet's socket file. */
  record KubeletInstance(String file, String made) {}
}
