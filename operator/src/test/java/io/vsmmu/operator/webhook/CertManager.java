package io.vsmmu.operator.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What cert-manager does to the webhook's Secret. The authority's key is not in it. */
public final class CertManager {

  /** A merge patch that makes the Secret the operator's again. */
  public static final String END =
      "{\"metadata\":{\"annotations\":{\"cert-manager.io/certificate-name\":null}},\"data\":null}";

  private CertManager() {}

  /** The Secret's entries for a server that is reached by this name or address. */
  public static Map<String, String> entries(String host) {
    Instant now = Instant.now();
    Authority authority = Authority.create(now);
    ServingCertificate serving = authority.issue(Set.of(host), now);
    return Map.of(
        ServerIdentity.CERTIFICATE,
        encoded(Pem.of(List.of(serving.certificate()))),
        ServerIdentity.KEY,
        encoded(Pem.of(serving.key())),
        ServerIdentity.AUTHORITIES,
        encoded(Pem.of(List.of(authority.certificate()))));
  }

  /** A merge patch that fills in the Secret; what else is in it stays. */
  public static String patch(Map<String, String> entries) {
    return Serialization.asJson(
        Map.of(
            "metadata",
            Map.of("annotations", Map.of("cert-manager.io/certificate-name", "webhook")),
            "data",
            entries));
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(US_ASCII));
  }
}
