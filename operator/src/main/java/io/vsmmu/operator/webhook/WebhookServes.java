package io.vsmmu.operator.webhook;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready as long as the webhook is served where it has a certificate. */
@Readiness
@Singleton
public class WebhookServes implements HealthCheck {

  private final Webhook webhook;

  /** A check of this webhook. */
  public WebhookServes(Webhook webhook) {
    this.webhook = webhook;
  }

  @Override
  public HealthCheckResponse call() {
    return HealthCheckResponse.named("the webhook is served").status(webhook.isServing()).build();
  }
}
