package io.vsmmu.lab.apiserver;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where the programs are.
 *
 * @param etcd the etcd program
 * @param kubeApiServer the kube-apiserver program
 */
record Binaries(Path etcd, Path kubeApiServer) {

  /**
   * Looks into the folder that {@code KUBEBUILDER_ASSETS} names; without that variable, into those
   * on {@code PATH}.
   *
   * @throws IllegalStateException if they are not there; the message says how to build them
   */
  static Binaries find(Map<String, String> environment) {
    String assets = environment.get("KUBEBUILDER_ASSETS");
    String path = assets != null ? assets : environment.getOrDefault("PATH", "");
    List<Path> folders =
        Stream.of(path.split(File.pathSeparator, -1))
            .filter(folder -> !folder.isEmpty())
            .map(Path::of)
            .toList();
    Path etcd = find("etcd", folders);
    Path kubeApiServer = find("kube-apiserver", folders);
    if (etcd == null || kubeApiServer == null) {
      throw new IllegalStateException(
          "etcd and kube-apiserver are not in "
              + (assets != null ? "KUBEBUILDER_ASSETS=" + assets : "a folder on PATH")
              + ". Build them, from the project's folder, with:"
              + " export KUBEBUILDER_ASSETS=$(lab/controlplane/build --for tests)");
    }
    return new Binaries(etcd, kubeApiServer);
  }

  private static @Nullable Path find(String name, List<Path> folders) {
    return folders.stream()
        .map(folder -> folder.resolve(name))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }
}
