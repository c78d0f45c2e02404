package io.vsmmu.lab.apiserver;

import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The keys that the API server signs and checks tokens of ServiceAccounts with, as PEM files.
 *
 * @param privateKey PKCS #8
 * @param publicKey X.509 SubjectPublicKeyInfo
 */
record ServiceAccountKeys(Path privateKey, Path publicKey) {

  private static final int CURVE_BITS = 256;
  private static final int PEM_LINE = 64;

  static ServiceAccountKeys generate(Path directory) {
    KeyPair pair = newPair();
    return new ServiceAccountKeys(
        PrivateFile.write(
            directory.resolve("service-account.key"),
            pem("PRIVATE KEY", pair.getPrivate().getEncoded())),
        PrivateFile.write(
            directory.resolve("service-account.pub"),
            pem("PUBLIC KEY", pair.getPublic().getEncoded())));
  }

  private static KeyPair newPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(CURVE_BITS);
      return generator.generateKeyPair();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java has no elliptic curves", e);
    }
  }

  private static String pem(String label, byte[] encoded) {
    String body = Base64.getMimeEncoder(PEM_LINE, new byte[] {'\n'}).encodeToString(encoded);
    return "-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n";
  }
}
