package io.vsmmu.operator.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MatchCondition;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperationsBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfigBuilder;
import io.vsmmu.api.v1alpha1.Names;
import java.net.URI;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/**
 * What the API server is told of the webhook. All that it would fill in by itself is said, so that
 * what is there can be compared with what should be.
 *
 * @param url where the API server reaches the webhook; by default, through the Service
 */
record Registration(Optional<URI> url) {

  /** Service, Secret and MutatingWebhookConfiguration. */
  static final String OBJECTS = "vsmmu-operator-webhook";

  static final String WEBHOOK = "virtualmachineinstances.vsmmu.io";

  /** The answer takes milliseconds; more than this, and the one who asks should hear of trouble. */
  private static final int TIMEOUT_SECONDS = 5;

  private static final int HTTPS = 443;

  /** By which the API server reaches the webhook, and which its certificate must have. */
  Set<String> hosts() {
    return Set.of(url.map(URI::getHost).orElse("%s.%s.svc".formatted(OBJECTS, Names.NAMESPACE)));
  }

  /**
   * The webhook as it should be.
   *
   * @param interest which virtual machines it is about
   * @param authorities that vouch for its certificate, in PEM
   */
  MutatingWebhook of(Interest interest, String authorities) {
    // Ignore would start virtual machines without what they asked for, and nobody would know.
    return new MutatingWebhookBuilder()
        .withName(WEBHOOK)
        .withClientConfig(client(authorities))
        .withRules(
            new RuleWithOperationsBuilder()
                .withApiGroups("kubevirt.io")
                .withApiVersions("v1")
                .withOperations("CREATE")
                .withResources("virtualmachineinstances")
                .withScope("Namespaced")
                .build())
        .withMatchConditions(
            new MatchCondition(interest.notOptedOut(), Interest.NOT_OPTED_OUT),
            new MatchCondition(interest.namesOurResources(), Interest.NAMES_OUR_RESOURCES))
        .withFailurePolicy("Fail")
        .withTimeoutSeconds(TIMEOUT_SECONDS)
        .withSideEffects("None")
        .withAdmissionReviewVersions("v1")
        .withMatchPolicy("Equivalent")
        // Another webhook may write the annotation after us.
        .withReinvocationPolicy("IfNeeded")
        .withNamespaceSelector(new LabelSelector())
        .withObjectSelector(new LabelSelector())
        .build();
  }

  private WebhookClientConfig client(String authorities) {
    WebhookClientConfigBuilder client =
        new WebhookClientConfigBuilder()
            .withCaBundle(Base64.getEncoder().encodeToString(authorities.getBytes(US_ASCII)));
    return url.map(address -> client.withUrl(address.resolve(WebhookServer.PATH).toString()))
        .orElseGet(() ->
            client
                .withNewService()
                .withNamespace(Names.NAMESPACE)
                .withName(OBJECTS)
                .withPort(HTTPS)
                .withPath(WebhookServer.PATH)
                .endService())
        .build();
  }
}
