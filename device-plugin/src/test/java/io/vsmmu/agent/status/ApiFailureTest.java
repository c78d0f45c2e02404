package io.vsmmu.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.ConnectException;
import org.junit.jupiter.api.Test;

class ApiFailureTest {

  @Test
  void aFailureWithoutAMessageIsKnownByItsCause() {
    assertThat(
            ApiFailure.describe(
                new KubernetesClientException(null, new IOException(new ConnectException()))))
        .isEqualTo("ConnectException");
  }

  @Test
  void whatTheMessageLeavesOutIsAdded() {
    assertThat(
            ApiFailure.describe(
                new KubernetesClientException(
                    "Operation: [patch] failed.", new IOException("connection reset"))))
        .isEqualTo("Operation: [patch] failed: connection reset");
  }

  @Test
  void nothingIsSaidTwice() {
    assertThat(
            ApiFailure.describe(
                new KubernetesClientException(
                    "no: connection reset", new IOException("connection reset"))))
        .isEqualTo("no: connection reset");
    assertThat(ApiFailure.describe(new KubernetesClientException("gone"))).isEqualTo("gone");
  }
}
