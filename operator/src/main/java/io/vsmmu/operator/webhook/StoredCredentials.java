package io.vsmmu.operator.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fabric8.kubernetes.api.model.Secret;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Credentials as entries of a Secret. */
final class StoredCredentials {

  private static final Logger log = LoggerFactory.getLogger(StoredCredentials.class);

  /** The authority's; only credentials that we made have it. */
  private static final String AUTHORITY_KEY = "ca.key";

  private StoredCredentials() {}

  /** Those of the Secret; nothing if it has none, or somebody spoilt them. */
  static Optional<Credentials> read(Secret secret) {
    Optional<ServerIdentity> identity = ServerIdentity.of(secret);
    String authorityKey = ServerIdentity.text(secret, AUTHORITY_KEY);
    if (identity.isEmpty() || authorityKey.isEmpty()) {
      return Optional.empty();
    }
    try {
      List<X509Certificate> authorities = Pem.certificates(identity.get().authorities());
      return Optional.of(
          new Credentials(
              new Authority(authorities.getFirst(), Pem.key(authorityKey)),
              authorities.subList(1, authorities.size()),
              new ServingCertificate(
                  Pem.certificates(identity.get().certificate()).getFirst(),
                  Pem.key(identity.get().key()))));
    } catch (IllegalArgumentException e) {
      log.warn(
          "Secret {}/{} is unreadable, its certificates are made anew",
          secret.getMetadata().getNamespace(),
          secret.getMetadata().getName(),
          e);
      return Optional.empty();
    }
  }

  /** The Secret's entries, encoded. */
  static Map<String, String> entries(Credentials credentials) {
    return Map.of(
        ServerIdentity.CERTIFICATE,
        encoded(Pem.of(List.of(credentials.serving().certificate()))),
        ServerIdentity.KEY,
        encoded(Pem.of(credentials.serving().key())),
        ServerIdentity.AUTHORITIES,
        encoded(Pem.of(credentials.trusted())),
        AUTHORITY_KEY,
        encoded(Pem.of(credentials.authority().key())));
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(US_ASCII));
  }
}
