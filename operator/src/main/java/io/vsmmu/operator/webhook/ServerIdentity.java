package io.vsmmu.operator.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fabric8.kubernetes.api.model.Secret;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the server shows and what its clients check it by, as the Secret has it, by whomever it was
 * made. All in PEM.
 *
 * @param certificate with those between it and an authority
 * @param key of the certificate
 * @param authorities those that clients are to trust
 */
record ServerIdentity(String certificate, String key, String authorities) {

  static final String CERTIFICATE = "tls.crt";
  static final String KEY = "tls.key";
  static final String AUTHORITIES = "ca.crt";

  /** Nothing as long as one of them is missing. */
  static Optional<ServerIdentity> of(Secret secret) {
    String certificate = text(secret, CERTIFICATE);
    String key = text(secret, KEY);
    String authorities = text(secret, AUTHORITIES);
    return certificate.isEmpty() || key.isEmpty() || authorities.isEmpty()
        ? Optional.empty()
        : Optional.of(new ServerIdentity(certificate, key, authorities));
  }

  /** An entry of a Secret; empty without one. */
  static String text(Secret secret, String entry) {
    @Nullable Map<String, String> data = secret.getData();
    String value = data == null ? null : data.get(entry);
    return value == null ? "" : new String(Base64.getDecoder().decode(value), US_ASCII);
  }

  /** Keeps the key out of logs. */
  @Override
  public String toString() {
    return "ServerIdentity[certificate=%s]".formatted(certificate);
  }
}
