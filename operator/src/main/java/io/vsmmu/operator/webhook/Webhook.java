package io.vsmmu.operator.webhook;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.operator.watch.Denials;
import io.vsmmu.operator.watch.WatchedObject;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The webhook as a whole. Every replica of the operator serves it as soon as there is a
 * certificate; the one that leads keeps the certificate, and what the API server is told.
 */
@Singleton
public class Webhook {

  private static final Logger log = LoggerFactory.getLogger(Webhook.class);

  private static final String CURE = "apply deploy/overlays/kubevirt";

  /** Clocks are set, and machines sleep. */
  private static final Duration LONGEST_WAIT = Duration.ofHours(12);

  private final KubernetesClient client;
  private final Clock clock;
  private final Registration registration;
  private final CertificateKeeper certificates;
  private final Admission admission;
  private final WebhookServer server;

  // Written under the lock, and read without it by those who must not wait for its holder.
  private volatile @Nullable WatchedObject<Secret> secret;
  private volatile @Nullable WatchedObject<MutatingWebhookConfiguration> configuration;

  /** A webhook by the system's clock. */
  @Inject
  public Webhook(
      KubernetesClient client, WebhookSettings settings, Vertx vertx, MeterRegistry registry) {
    this(client, settings, vertx, registry, Clock.systemUTC());
  }

  /**
   * A webhook that has not started.
   *
   * @param vertx runs its server
   * @param registry gets its answers
   * @param clock tells a certificate's age
   */
  public Webhook(
      KubernetesClient client,
      WebhookSettings settings,
      Vertx vertx,
      MeterRegistry registry,
      Clock clock) {
    this.client = client;
    this.clock = clock;
    this.registration = new Registration(settings.url());
    this.certificates = new CertificateKeeper(client, registration.hosts(), clock);
    this.admission =
        new Admission(
            new HookSidecar(settings.sidecarImage(), settings.sidecarImagePullPolicy()),
            new Answers(registry));
    this.server = new WebhookServer(vertx, settings.host(), settings.port(), admission);
  }

  /**
   * Begins to watch what {@code deploy/overlays/kubevirt} has installed.
   *
   * @param onChange called when {@link #keep} may have something to do
   */
  public synchronized void start(Runnable onChange) {
    secret =
        new WatchedObject<>(
            "Secret %s/%s".formatted(Names.NAMESPACE, Registration.OBJECTS),
            client.secrets().inNamespace(Names.NAMESPACE).withName(Registration.OBJECTS),
            () -> {
              serveWhatIsThere();
              onChange.run();
            });
    configuration =
        new WatchedObject<>(
            "MutatingWebhookConfiguration " + Registration.OBJECTS, configurations(), onChange);
  }

  /** Ends the watch and the server. */
  public synchronized void stop() {
    Stream.ofNullable(secret).forEach(WatchedObject::stop);
    Stream.ofNullable(configuration).forEach(WatchedObject::stop);
    secret = null;
    configuration = null;
    server.stop();
  }

  /**
   * Whether this replica serves what there is to serve; a Service sends questions only to those
   * that do.
   */
  public boolean isServing() {
    WatchedObject<Secret> watched = secret;
    return watched == null
        || watched.isKnown()
            && (watched.get().flatMap(ServerIdentity::of).isEmpty() || server.isServing());
  }

  /**
   * Whether a virtual machine that names one of the resources has no hook sidecar because it was
   * created when the API server did not ask.
   *
   * @param annotations of its pod, which has those of the virtual machine
   */
  public boolean passedBy(Map<String, String> annotations) {
    return admission.passedBy(annotations);
  }

  /**
   * Brings certificate, server and what the API server is told to what is wanted; for the leader
   * only.
   *
   * @param resources whose virtual machines are to get the hook sidecar
   * @throws KubernetesClientException if the API server does not answer
   */
  public Standing keep(Set<String> resources) {
    if (!resources.isEmpty()) {
      // Not under the lock: the API server may take a minute, and certificates come by a watch.
      Stream.ofNullable(secret).forEach(WatchedObject::await);
      Stream.ofNullable(configuration).forEach(WatchedObject::await);
    }
    return keepWhatIsKnown(resources);
  }

  private synchronized Standing keepWhatIsKnown(Set<String> resources) {
    WatchedObject<Secret> watchedSecret = secret;
    WatchedObject<MutatingWebhookConfiguration> watchedConfiguration = configuration;
    if (watchedSecret == null || watchedConfiguration == null) {
      return new Standing.Off();
    }
    try {
      if (resources.isEmpty()) {
        watchedConfiguration.get().ifPresent(known -> register(known, List.of()));
        return new Standing.Off();
      }
      List<WatchedObject<?>> needed = List.of(watchedSecret, watchedConfiguration);
      Optional<Standing.Failed> missing =
          needed.stream().flatMap(watched -> missing(watched).stream()).findFirst();
      if (missing.isPresent()) {
        return missing.get();
      }
      return keep(
          new Interest(resources),
          watchedSecret.get().orElseThrow(),
          watchedConfiguration.get().orElseThrow());
    } catch (KubernetesClientException e) {
      if (!Denials.isFinal(e)) {
        throw e;
      }
      log.warn("the webhook cannot be kept", e);
      return new Standing.Failed(
          denied(Denials.in(e).orElseGet(() -> String.valueOf(e.getMessage()))));
    } catch (IllegalStateException e) {
      log.error("the webhook is not served", e);
      return new Standing.Failed(String.valueOf(e.getMessage()));
    }
  }

  private Standing keep(Interest interest, Secret cached, MutatingWebhookConfiguration configured) {
    Secret kept = certificates.keep(cached);
    ServerIdentity identity =
        ServerIdentity.of(kept)
            .orElseThrow(() ->
                new IllegalStateException(
                    "cert-manager has not filled Secret %s/%s; see: kubectl -n %s describe certificate"
                        .formatted(Names.NAMESPACE, Registration.OBJECTS, Names.NAMESPACE)));
    // Before the API server asks, somebody has to answer.
    server.serve(identity);
    register(configured, List.of(registration.of(interest, identity.authorities())));
    return new Standing.On(certificates.due(kept).map(this::until));
  }

  private Duration until(Instant due) {
    Duration wait = Duration.between(clock.instant(), due);
    return wait.compareTo(LONGEST_WAIT) > 0
        ? LONGEST_WAIT
        : wait.isPositive() ? wait : Duration.ofSeconds(1);
  }

  private void register(MutatingWebhookConfiguration known, List<MutatingWebhook> wanted) {
    List<MutatingWebhook> ours =
        known.getWebhooks().stream()
            .filter(webhook -> Registration.WEBHOOK.equals(webhook.getName()))
            .toList();
    if (ours.equals(wanted)) {
      return;
    }
    client
        .resource(
            new MutatingWebhookConfigurationBuilder()
                .withNewMetadata()
                .withName(Registration.OBJECTS)
                .endMetadata()
                .withWebhooks(wanted)
                .build())
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(Names.OPERATOR)
                .withForce(true)
                .build());
    log.info(
        "the API server is told of {}",
        wanted.isEmpty() ? "no webhook" : wanted.getFirst().getMatchConditions());
  }

  /** Every replica, as soon as one of them has made a certificate. */
  private synchronized void serveWhatIsThere() {
    WatchedObject<Secret> watched = secret;
    if (watched == null) {
      return;
    }
    watched
        .get()
        .flatMap(ServerIdentity::of)
        .ifPresent(identity -> {
          try {
            server.serve(identity);
          } catch (IllegalStateException e) {
            log.error("the webhook is not served", e);
          }
        });
  }

  private static Optional<Standing.Failed> missing(WatchedObject<?> watched) {
    if (watched.denial().isPresent()) {
      return Optional.of(new Standing.Failed(denied(watched.denial().get())));
    }
    return watched.get().isPresent()
        ? Optional.empty()
        : Optional.of(
            new Standing.Failed("%s does not exist; %s".formatted(watched.title(), CURE)));
  }

  private static String denied(String message) {
    return "the operator may not keep its webhook (%s); %s".formatted(message, CURE);
  }

  private Resource<MutatingWebhookConfiguration> configurations() {
    return client
        .admissionRegistration()
        .v1()
        .mutatingWebhookConfigurations()
        .withName(Registration.OBJECTS);
  }
}
