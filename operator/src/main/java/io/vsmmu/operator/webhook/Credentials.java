package io.vsmmu.operator.webhook;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The webhook's serving certificate and the authorities that vouch for it, over their lives. A new
 * authority is told of for a while before the first certificate that it signs is shown, and an old
 * one stays until it expires: at no moment does the API server meet a certificate that it cannot
 * check.
 *
 * @param authority signs what is issued from now on
 * @param formerAuthorities still trusted, newest first
 * @param serving what the server shows
 */
record Credentials(
    Authority authority, List<X509Certificate> formerAuthorities, ServingCertificate serving) {

  /** For so long an authority is told of before it signs, if there is no hurry. */
  static final Duration ANNOUNCED = Duration.ofHours(1);

  /** What is left of a life when its successor is made. */
  private static final int RENEWED_AT = 3;

  Credentials {
    formerAuthorities = List.copyOf(formerAuthorities);
  }

  /** The first ones. */
  static Credentials create(Set<String> hosts, Instant now) {
    Authority authority = Authority.create(now);
    return new Credentials(authority, List.of(), authority.issue(hosts, now));
  }

  /**
   * What they should be now; the same object when nothing has to change.
   *
   * @param hosts names by which clients reach the server
   */
  Credentials at(Instant now, Set<String> hosts) {
    if (!now.isBefore(end(authority.certificate()))) {
      return create(hosts, now);
    }
    List<X509Certificate> former =
        formerAuthorities.stream().filter(each -> now.isBefore(end(each))).toList();
    if (!now.isBefore(renewal(authority.certificate(), Authority.LIFE))) {
      List<X509Certificate> older = new ArrayList<>(former);
      older.addFirst(authority.certificate());
      return new Credentials(Authority.create(now), older, serving).servingAt(now, hosts);
    }
    return former.equals(formerAuthorities)
        ? servingAt(now, hosts)
        : new Credentials(authority, former, serving).servingAt(now, hosts);
  }

  /** When something has to change next. */
  Instant due() {
    Stream<Instant> authorities =
        Stream.concat(
            Stream.of(renewal(authority.certificate(), Authority.LIFE)),
            formerAuthorities.stream().map(Credentials::end));
    Instant certificate =
        serving.isSignedBy(authority.certificate())
            ? renewal(serving.certificate(), Authority.CERTIFICATE_LIFE)
            : announced();
    return Stream.concat(authorities, Stream.of(certificate)).min(Instant::compareTo).orElseThrow();
  }

  /** All that clients are to trust, newest first. */
  List<X509Certificate> trusted() {
    return Stream.concat(Stream.of(authority.certificate()), formerAuthorities.stream()).toList();
  }

  private Credentials servingAt(Instant now, Set<String> hosts) {
    boolean usable =
        serving.isFor(hosts)
            && now.isBefore(serving.end())
            && trusted().stream().anyMatch(serving::isSignedBy);
    boolean asItShouldBe =
        usable
            && (serving.isSignedBy(authority.certificate())
                ? now.isBefore(renewal(serving.certificate(), Authority.CERTIFICATE_LIFE))
                : now.isBefore(announced()));
    return asItShouldBe
        ? this
        : new Credentials(authority, formerAuthorities, authority.issue(hosts, now));
  }

  private Instant announced() {
    return authority
        .certificate()
        .getNotBefore()
        .toInstant()
        .plus(Authority.BACKDATED)
        .plus(ANNOUNCED);
  }

  private static Instant renewal(X509Certificate certificate, Duration life) {
    return end(certificate).minus(life.dividedBy(RENEWED_AT));
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }
}
