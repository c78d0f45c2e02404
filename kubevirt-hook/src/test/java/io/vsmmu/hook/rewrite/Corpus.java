package io.vsmmu.hook.rewrite;

import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.iommufd.topology.TopologySnapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * The domains in {@code corpus}, a folder each: {@code domain.xml} as virt-launcher hands it over,
 * and {@code expected.xml} as it is to become on the node of {@code node.topology}, which has four
 * SMMUs.
 *
 * @param name the folder's
 */
record Corpus(String name) {

  /** What writes the expected files anew, to be read before they are committed. */
  static final String WRITE = "vsmmu.hook.corpus.write";

  static Stream<Corpus> all() {
    try (var folders = Files.list(resource("corpus"))) {
      return folders
          .map(folder -> new Corpus(folder.getFileName().toString()))
          .sorted(Comparator.comparing(Corpus::name))
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static HostFunctions node() {
    try {
      return HostFunctions.of(TopologySnapshot.load(resource("node.topology")).topology());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String domain() {
    return read("domain.xml");
  }

  String expected() {
    return read("expected.xml");
  }

  /** In the sources, not where Maven copies them. */
  void writeExpected(String xml) throws IOException {
    Files.writeString(
        Path.of("src/test/resources/io/vsmmu/hook/corpus", name, "expected.xml"), xml);
  }

  private String read(String file) {
    try {
      return Files.readString(resource("corpus/" + name + "/" + file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path resource(String path) {
    try {
      var url = Corpus.class.getResource("/io/vsmmu/hook/" + path);
      if (url == null) {
        throw new IllegalStateException("no " + path + "; is it written? -D" + WRITE + "=true");
      }
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
