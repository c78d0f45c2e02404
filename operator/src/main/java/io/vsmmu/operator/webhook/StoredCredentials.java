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
      return Optional.of(read(identity.get(), authorityKey));
    } catch (IllegalArgumentException e) {
      log.warn(
          "Secret {}/{} is unreadable, its certificates are made anew",
          secret.getMetadata().getNamespace(),
          secret.getMetadata().getName(),
          e);
      return Optional.empty();
    }
  }

  private static Credentials read(ServerIdentity identity, String authorityKey) {
    List<X509Certificate> authorities = Pem.certificates(identity.authorities());
    Authority authority = new Authority(authorities.getFirst(), Pem.key(authorityKey));
    ServingCertificate serving =
        new ServingCertificate(
            Pem.certificates(identity.certificate()).getFirst(), Pem.key(identity.key()));
    if (!KeyOwnership.isProven(authority.key(), authority.certificate())
        || !KeyOwnership.isProven(serving.key(), serving.certificate())) {
      throw new IllegalArgumentException("a key of another certificate");
    }
    return new Credentials(authority, authorities.subList(1, authorities.size()), serving);
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
