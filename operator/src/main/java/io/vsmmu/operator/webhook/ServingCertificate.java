package io.vsmmu.operator.webhook;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the server shows its clients.
 *
 * @param certificate signed by an authority
 * @param key the server's own
 */
record ServingCertificate(X509Certificate certificate, PrivateKey key) {

  boolean isFor(Set<String> hosts) {
    return names().equals(hosts);
  }

  boolean isSignedBy(X509Certificate authority) {
    try {
      certificate.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  Instant end() {
    return certificate.getNotAfter().toInstant();
  }

  private Set<String> names() {
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      // Each is its type and its value.
      return names == null
          ? Set.of()
          : names.stream()
              .map(name -> Objects.toString(name.get(1)))
              .collect(Collectors.toUnmodifiableSet());
    } catch (CertificateParsingException e) {
      throw new IllegalStateException("unreadable names in the serving certificate", e);
    }
  }
}
