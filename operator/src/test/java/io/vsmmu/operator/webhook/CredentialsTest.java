package io.vsmmu.operator.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTest {

  private static final Set<String> HOSTS = Set.of("webhook.ns.svc", "127.0.0.1");
  private static final Instant THEN = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration DAY = Duration.ofDays(1);

  @Test
  void theFirstCertificateIsForTheServiceAndSignedByTheAuthority() throws Exception {
    Credentials first = Credentials.create(HOSTS, THEN);

    X509Certificate certificate = first.serving().certificate();
    certificate.checkValidity(Date.from(THEN));
    assertThat(first.serving().isFor(HOSTS)).isTrue();
    assertThat(first.serving().isSignedBy(first.trusted().getFirst())).isTrue();
    assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
    assertThat(first.authority().certificate().getBasicConstraints()).isZero();
  }

  @Test
  void nothingChangesBeforeItIsDue() {
    Credentials first = Credentials.create(HOSTS, THEN);

    assertThat(first.due()).isEqualTo(THEN.plus(DAY.multipliedBy(60)));
    assertThat(first.at(first.due().minusSeconds(1), HOSTS)).isSameAs(first);
  }

  @Test
  void aCertificateIsRenewedByTheSameAuthorityBeforeItExpires() {
    Credentials first = Credentials.create(HOSTS, THEN);

    Credentials second = first.at(first.due(), HOSTS);

    assertThat(second.trusted()).isEqualTo(first.trusted());
    assertThat(second.serving()).isNotEqualTo(first.serving());
    assertThat(second.serving().isSignedBy(first.authority().certificate())).isTrue();
    assertThat(second.serving().end()).isAfter(first.serving().end());
  }

  @Test
  void anotherNameNeedsAnotherCertificateAtOnce() {
    Credentials first = Credentials.create(HOSTS, THEN);

    assertThat(first.at(THEN, Set.of("other.ns.svc")).serving().isFor(Set.of("other.ns.svc")))
        .isTrue();
  }

  @Test
  void aNewAuthorityIsAnnouncedBeforeItSigns() {
    Credentials old = Credentials.create(HOSTS, THEN);
    Instant renewal = THEN.plus(Authority.LIFE).minus(Authority.LIFE.dividedBy(3));
    Credentials shortlyBefore = old.at(renewal.minus(DAY), HOSTS);

    Credentials announced = shortlyBefore.at(renewal, HOSTS);
    assertThat(announced.trusted()).hasSize(2).contains(old.authority().certificate());
    assertThat(announced.authority()).isNotEqualTo(old.authority());
    assertThat(announced.serving()).isEqualTo(shortlyBefore.serving());
    assertThat(announced.due()).isEqualTo(renewal.plus(Credentials.ANNOUNCED));

    Credentials signing = announced.at(announced.due(), HOSTS);
    assertThat(signing.serving().isSignedBy(announced.authority().certificate())).isTrue();
    // Some API server may not have heard of it yet; and replicas still show the former certificate.
    assertThat(signing.trusted()).isEqualTo(announced.trusted());
  }

  @Test
  void whoeverLooksAtAnyDayOfTenYearsFindsACertificateThatHisTrustCovers() {
    Credentials now = Credentials.create(HOSTS, THEN);
    for (int day = 1; day < 3650; day += 5) {
      List<X509Certificate> trustedBefore = now.trusted();
      Instant instant = THEN.plus(DAY.multipliedBy(day));
      Credentials next = now.at(instant, HOSTS);

      assertThat(next.serving().end()).isAfter(instant);
      assertThat(trustedBefore).as("day %d", day).anyMatch(next.serving()::isSignedBy);
      assertThat(next.trusted()).anyMatch(now.serving()::isSignedBy);
      assertThat(next.trusted()).hasSizeLessThanOrEqualTo(2);
      now = next;
    }
  }

  @Test
  void afterYearsAsleepAllIsMadeAnew() {
    Credentials old = Credentials.create(HOSTS, THEN);
    Instant late = THEN.plus(Authority.LIFE);

    Credentials fresh = old.at(late, HOSTS);

    assertThat(fresh.trusted()).hasSize(1).doesNotContain(old.authority().certificate());
    assertThat(fresh.serving().isSignedBy(fresh.authority().certificate())).isTrue();
  }

  @Test
  void aSecretKeepsThem() {
    Credentials credentials = Credentials.create(HOSTS, THEN);

    Credentials read =
        StoredCredentials.read(secret(StoredCredentials.entries(credentials))).orElseThrow();

    assertThat(read).isEqualTo(credentials);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls.crt", "tls.key", "ca.crt", "ca.key"})
  void whatSomebodySpoiltCountsAsNone(String entry) {
    Map<String, String> entries =
        new HashMap<>(StoredCredentials.entries(Credentials.create(HOSTS, THEN)));

    entries.put(entry, encoded("spoilt"));
    assertThat(StoredCredentials.read(secret(entries))).isEmpty();

    entries.put(entry, encoded("-----BEGIN PRIVATE KEY-----\n%%%\n-----END PRIVATE KEY-----\n"));
    assertThat(StoredCredentials.read(secret(entries))).isEmpty();

    entries.remove(entry);
    assertThat(StoredCredentials.read(secret(entries))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tls.key", "ca.key"})
  void aKeyOfAnotherCertificateCountsAsNone(String entry) {
    Map<String, String> entries =
        new HashMap<>(StoredCredentials.entries(Credentials.create(HOSTS, THEN)));
    entries.put(entry, StoredCredentials.entries(Credentials.create(HOSTS, THEN)).get(entry));

    assertThat(StoredCredentials.read(secret(entries))).isEmpty();
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(US_ASCII));
  }

  private static Secret secret(Map<String, String> data) {
    return new SecretBuilder()
        .withNewMetadata()
        .withNamespace("ns")
        .withName("n")
        .endMetadata()
        .withData(data)
        .build();
  }
}
