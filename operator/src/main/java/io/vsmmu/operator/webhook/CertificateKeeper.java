package io.vsmmu.operator.webhook;

import static java.net.HttpURLConnection.HTTP_CONFLICT;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.vsmmu.api.v1alpha1.Names;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the webhook's certificates in their Secret, which all replicas read, and makes new ones in
 * time. Only one replica writes, the leader; that two think they lead does no harm.
 */
final class CertificateKeeper {

  private static final Logger log = LoggerFactory.getLogger(CertificateKeeper.class);

  /** By which cert-manager marks the Secrets that it fills. */
  private static final String CERT_MANAGER = "cert-manager.io/certificate-name";

  private static final int ATTEMPTS = 5;

  private final KubernetesClient client;
  private final Set<String> hosts;
  private final Clock clock;

  private Known known = new Known("", Optional.empty());

  /**
   * A keeper.
   *
   * @param hosts names and IP addresses by which the API server reaches the webhook
   */
  CertificateKeeper(KubernetesClient client, Set<String> hosts, Clock clock) {
    this.client = client;
    this.hosts = Set.copyOf(hosts);
    this.clock = clock;
  }

  /**
   * Brings the Secret to what it should be.
   *
   * @param cached as a cache has it, which may be behind
   * @return the Secret as it is then
   * @throws KubernetesClientException if the API server does not let us
   */
  Secret keep(Secret cached) {
    Secret secret = cached;
    for (int attempt = 1; ; attempt++) {
      // Also when it was cert-manager that was quicker.
      if (isCertManagers(secret)) {
        return secret;
      }
      Optional<Credentials> found = credentials(secret);
      Instant now = clock.instant();
      Credentials wanted =
          found
              .map(credentials -> credentials.at(now, hosts))
              .orElseGet(() -> Credentials.create(hosts, now));
      if (found.isPresent() && found.get() == wanted) {
        return secret;
      }
      try {
        Secret written = write(secret, wanted);
        log.info(
            "the webhook's certificate is valid until {}, its authority until {}",
            wanted.serving().end(),
            wanted.authority().certificate().getNotAfter().toInstant());
        return written;
      } catch (KubernetesClientException e) {
        if (e.getCode() != HTTP_CONFLICT || attempt == ATTEMPTS) {
          throw e;
        }
        Secret fresh = client.resource(secret).get();
        if (fresh == null) {
          throw e;
        }
        secret = fresh;
      }
    }
  }

  /** When the Secret has to be looked at again; never, where it is not ours to keep. */
  Optional<Instant> due(Secret secret) {
    return isCertManagers(secret) ? Optional.empty() : credentials(secret).map(Credentials::due);
  }

  static boolean isCertManagers(Secret secret) {
    Map<String, String> annotations = secret.getMetadata().getAnnotations();
    return annotations != null && annotations.containsKey(CERT_MANAGER);
  }

  private Optional<Credentials> credentials(Secret secret) {
    String version = secret.getMetadata().getResourceVersion();
    if (!known.resourceVersion().equals(version)) {
      known = new Known(version, StoredCredentials.read(secret));
    }
    return known.credentials();
  }

  /** Counts only if nobody was quicker. */
  private Secret write(Secret secret, Credentials credentials) {
    Map<String, Object> patch =
        Map.of(
            "metadata",
            Map.of("resourceVersion", secret.getMetadata().getResourceVersion()),
            "data",
            StoredCredentials.entries(credentials));
    return client
        .secrets()
        .inNamespace(secret.getMetadata().getNamespace())
        .withName(secret.getMetadata().getName())
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.JSON_MERGE)
                .withFieldManager(Names.OPERATOR)
                .build(),
            client.getKubernetesSerialization().asJson(patch));
  }

  /**
   * What a version of the Secret has.
   *
   * @param resourceVersion of the Secret
   */
  private record Known(String resourceVersion, Optional<Credentials> credentials) {}
}
