package io.vsmmu.operator.webhook;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;

/** Whether a private key is a certificate's own; no server starts with one of another. */
final class KeyOwnership {

  private static final String ALGORITHM = "SHA256withECDSA";
  private static final byte[] CHALLENGE = {1};

  private KeyOwnership() {}

  /** By a signature; false, too, for a kind of key that we do not make. */
  static boolean isProven(PrivateKey key, X509Certificate certificate) {
    try {
      Signature signing = Signature.getInstance(ALGORITHM);
      signing.initSign(key);
      signing.update(CHALLENGE);
      Signature checking = Signature.getInstance(ALGORITHM);
      checking.initVerify(certificate.getPublicKey());
      checking.update(CHALLENGE);
      return checking.verify(signing.sign());
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
