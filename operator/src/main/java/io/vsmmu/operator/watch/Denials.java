package io.vsmmu.operator.watch;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;

/** Tells the lack of a right from other failures: it is cured by people, not by another try. */
public final class Denials {

  private static final Set<Integer> PASSING = Set.of(401, 404, 409, 429);

  private Denials() {}

  /** Whether to ask the API server again would bring the same answer. */
  public static boolean isFinal(KubernetesClientException failure) {
    return failure.getCode() >= 400
        && failure.getCode() < 500
        && !PASSING.contains(failure.getCode());
  }

  /** What the API server said, if it is that we may not. */
  public static Optional<String> in(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof KubernetesClientException refused
            && refused.getCode() == HttpURLConnection.HTTP_FORBIDDEN
        ? Optional.of(
            refused.getStatus() == null
                ? String.valueOf(refused.getMessage())
                : refused.getStatus().getMessage())
        : Optional.empty();
  }
}
