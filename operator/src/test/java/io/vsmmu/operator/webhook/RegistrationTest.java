package io.vsmmu.operator.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import java.net.URI;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RegistrationTest {

  private static final Interest INTEREST = new Interest(Set.of("vsmmu.io/nic", "a.io/gpu"));

  @Test
  void inTheClusterTheApiServerGoesThroughTheService() {
    Registration registration = new Registration(Optional.empty());

    MutatingWebhook webhook = registration.of(INTEREST, "authorities");

    assertThat(webhook.getClientConfig().getUrl()).isNull();
    assertThat(webhook.getClientConfig().getService())
        .satisfies(service -> {
          assertThat(service.getNamespace()).isEqualTo("vsmmu-system");
          assertThat(service.getName()).isEqualTo("vsmmu-operator-webhook");
          assertThat(service.getPort()).isEqualTo(443);
          assertThat(service.getPath()).isEqualTo(WebhookServer.PATH);
        });
    // The name that the API server expects in the certificate of a Service.
    assertThat(registration.hosts()).containsExactly("vsmmu-operator-webhook.vsmmu-system.svc");
    assertThat(webhook.getClientConfig().getCaBundle())
        .isEqualTo(Base64.getEncoder().encodeToString("authorities".getBytes(US_ASCII)));
  }

  @Test
  void outsideOfItTheApiServerGoesToAnAddress() {
    Registration registration = new Registration(Optional.of(URI.create("https://10.1.2.3:9443")));

    MutatingWebhook webhook = registration.of(INTEREST, "authorities");

    assertThat(webhook.getClientConfig().getService()).isNull();
    assertThat(webhook.getClientConfig().getUrl())
        .isEqualTo("https://10.1.2.3:9443" + WebhookServer.PATH);
    assertThat(registration.hosts()).containsExactly("10.1.2.3");
  }

  @Test
  void whatFailsIsSeenAndSoon() {
    MutatingWebhook webhook = new Registration(Optional.empty()).of(INTEREST, "authorities");

    assertThat(webhook.getFailurePolicy()).isEqualTo("Fail");
    assertThat(webhook.getTimeoutSeconds()).isEqualTo(5);
    assertThat(webhook.getRules())
        .singleElement()
        .satisfies(rule -> {
          assertThat(rule.getOperations()).containsExactly("CREATE");
          assertThat(rule.getResources()).containsExactly("virtualmachineinstances");
        });
  }

  @Test
  void theSameResourcesGiveTheSameWordsInWhateverOrder() {
    assertThat(INTEREST.namesOurResources())
        .contains("d.deviceName in ['a.io/gpu', 'vsmmu.io/nic']")
        .isEqualTo(new Interest(Set.of("a.io/gpu", "vsmmu.io/nic")).namesOurResources());
  }
}
