package io.vsmmu.demo;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The API server and the demo's own access to it, as the cluster's administrator. */
final class Cluster implements AutoCloseable {
  private static final String FIELD_MANAGER = "vsmmu-demo";
  private static final long TOKEN_SECONDS = 24L * 60 * 60;

  private final ApiServer server;
  private final KubernetesClient client;

  private Cluster(ApiServer server, KubernetesClient client) {
    this.server = server;
    this.client = client;
  }

  static Cluster start() {
    var server = ApiServer.start();
    return new Cluster(
        server,
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(server.kubeconfig().toFile()))
            .build());
  }

  /** Makes what controllers would: pods cannot be made without their ServiceAccount. */
  void makeDefaultServiceAccount(String namespace) {
    client
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withName("default")
                .withNamespace(namespace)
                .endMetadata()
                .build())
        .create();
  }

  KubernetesClient client() {
    return client;
  }

  Path kubeconfig() {
    return server.kubeconfig();
  }

  String version() {
    return client.getKubernetesVersion().getGitVersion();
  }

  /** Applies every object of the files, in order, as {@code kubectl apply --server-side} does. */
  List<HasMetadata> apply(List<Path> files) {
    return files.stream().flatMap(file -> load(file).stream()).map(this::apply).toList();
  }

  /** A kubeconfig with the rights of a ServiceAccount, as its pods have them. */
  Path kubeconfigOf(String namespace, String serviceAccount) {
    var request =
        new TokenRequestBuilder()
            .withNewSpec()
            .withExpirationSeconds(TOKEN_SECONDS)
            .endSpec()
            .build();
    var token =
        client
            .serviceAccounts()
            .inNamespace(namespace)
            .withName(serviceAccount)
            .tokenRequest(request)
            .getStatus()
            .getToken();
    return server.kubeconfig(serviceAccount, token);
  }

  private HasMetadata apply(HasMetadata object) {
    return client
        .resource(object)
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(FIELD_MANAGER)
                .withForce(true)
                .build(),
            object);
  }

  private List<HasMetadata> load(Path file) {
    try (InputStream yaml = Files.newInputStream(file)) {
      return client.load(yaml).items();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  @Override
  public void close() {
    client.close();
    server.close();
  }
}
