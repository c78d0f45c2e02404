package io.vsmmu.operator.webhook;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority that is there for our webhook alone.
 *
 * @param certificate what the API server trusts
 * @param key signs serving certificates
 */
record Authority(X509Certificate certificate, PrivateKey key) {

  static final Duration LIFE = Duration.ofDays(3 * 365L);

  /** Of a serving certificate. */
  static final Duration CERTIFICATE_LIFE = Duration.ofDays(90);

  /** Clocks differ. */
  static final Duration BACKDATED = Duration.ofHours(1);

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SERIAL_BITS = 127;
  private static final Pattern IP_ADDRESS = Pattern.compile("[0-9.]+|.*:.*");

  /** A new one, from now on. */
  static Authority create(Instant now) {
    KeyPair keys = keyPair();
    // Distinct names, so that of two it is plain which one signed.
    X500Principal name = new X500Principal("CN=vsmmu-operator-webhook-ca-" + now.getEpochSecond());
    X509v3CertificateBuilder builder = builder(name, name, keys, now, LIFE);
    try {
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
      return new Authority(sign(builder, keys.getPrivate()), keys.getPrivate());
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("cannot make a certificate authority", e);
    }
  }

  /**
   * A certificate for a server.
   *
   * @param hosts names and IP addresses by which clients reach it
   */
  ServingCertificate issue(Collection<String> hosts, Instant now) {
    KeyPair keys = keyPair();
    X509v3CertificateBuilder builder =
        builder(
            certificate.getSubjectX500Principal(),
            new X500Principal("CN=vsmmu-operator-webhook"),
            keys,
            now,
            CERTIFICATE_LIFE);
    GeneralName[] names = hosts.stream().map(Authority::generalName).toArray(GeneralName[]::new);
    try {
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
          .addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
          .addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names))
          .addExtension(
              Extension.authorityKeyIdentifier,
              false,
              new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(certificate.getPublicKey()));
      return new ServingCertificate(sign(builder, key), keys.getPrivate());
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("cannot make a serving certificate", e);
    }
  }

  private static X509v3CertificateBuilder builder(
      X500Principal issuer, X500Principal subject, KeyPair keys, Instant now, Duration life) {
    try {
      return new JcaX509v3CertificateBuilder(
              issuer,
              new BigInteger(SERIAL_BITS, RANDOM).add(BigInteger.ONE),
              Date.from(now.minus(BACKDATED)),
              Date.from(now.plus(life)),
              subject,
              keys.getPublic())
          .addExtension(
              Extension.subjectKeyIdentifier,
              false,
              new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException("cannot make a certificate", e);
    }
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  private static KeyPair keyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has no P-256 keys", e);
    }
  }

  private static GeneralName generalName(String host) {
    return new GeneralName(
        IP_ADDRESS.matcher(host).matches() ? GeneralName.iPAddress : GeneralName.dNSName, host);
  }
}
