package io.vsmmu.agent.handoff;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.vsmmu.agent.allocation.HandoffManifest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The bytes of the hand-off protocol. */
public final class ManifestCodec {
  /** Bytes of the length in front of the manifest. */
  public static final int LENGTH_BYTES = 4;

  /** The longest manifest that a client takes, bytes. */
  public static final int LONGEST_MANIFEST = 1 << 20;

  /** The longest acknowledgement, bytes, its newline included. */
  static final int LONGEST_ACK = 64;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          // A newer agent may tell more.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private ManifestCodec() {}

  /** The manifest with its length in front. */
  static byte[] frame(HandoffManifest manifest) {
    byte[] json = json(manifest);
    return ByteBuffer.allocate(LENGTH_BYTES + json.length).putInt(json.length).put(json).array();
  }

  /** The manifest as JSON, on one line. */
  public static byte[] json(HandoffManifest manifest) {
    try {
      return JSON.writeValueAsBytes(manifest);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a manifest is plain data", e);
    }
  }

  /**
   * How long the manifest is.
   *
   * @throws IOException when it cannot be one
   */
  public static int length(byte[] prefix) throws IOException {
    int length = ByteBuffer.wrap(prefix).getInt();
    if (length <= 0 || length > LONGEST_MANIFEST) {
      throw new IOException(
          "a manifest of %d bytes was announced; 1 to %d are possible"
              .formatted(Integer.toUnsignedLong(length), LONGEST_MANIFEST));
    }
    return length;
  }

  /**
   * Reads a manifest.
   *
   * @throws IOException when it is not one, or of a version that this client does not know
   */
  public static HandoffManifest manifest(byte[] json) throws IOException {
    HandoffManifest manifest;
    try {
      JsonNode tree = JSON.readTree(json);
      int version = tree.path("version").asInt();
      if (version != HandoffManifest.VERSION) {
        throw new IOException(
            "manifest of version %d; this client knows version %d"
                .formatted(version, HandoffManifest.VERSION));
      }
      manifest = JSON.treeToValue(tree, HandoffManifest.class);
    } catch (JsonProcessingException e) {
      throw new IOException("not a manifest: " + e.getOriginalMessage(), e);
    }
    return manifest;
  }

  /** What a client answers when it has everything. */
  public static byte[] ack() {
    return "{\"ack\":true}\n".getBytes(StandardCharsets.UTF_8);
  }

  /** Whether a client's answer is an acknowledgement. */
  static boolean isAck(byte[] line) {
    try {
      return JSON.readTree(line).path("ack").asBoolean(false);
    } catch (IOException e) {
      return false;
    }
  }
}
