package io.vsmmu.operator.webhook;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.util.Optional;

/** What an administrator may say of the webhook; environment variables {@code VSMMU_WEBHOOK_…}. */
@ConfigMapping(prefix = "vsmmu.webhook")
public interface WebhookSettings {

  /** Address that the server listens at. */
  @WithDefault("0.0.0.0")
  String host();

  /** Port that the server listens at, to which the Service forwards. */
  @WithDefault("9443")
  int port();

  /**
   * Where the API server reaches it, for an operator outside of the cluster; by default, through
   * the Service.
   */
  Optional<URI> url();

  /** Container image of the hook sidecar. */
  String sidecarImage();

  /** When that image is pulled: {@code Always}, {@code IfNotPresent} or {@code Never}. */
  @WithDefault("IfNotPresent")
  String sidecarImagePullPolicy();
}
