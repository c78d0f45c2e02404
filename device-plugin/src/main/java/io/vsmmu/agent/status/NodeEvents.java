package io.vsmmu.agent.status;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vsmmu.agent.flow.Loop;
import io.vsmmu.agent.flow.Rest;
import io.vsmmu.api.v1alpha1.Names;
import io.vsmmu.api.v1alpha1.VSmmu;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.LinkedBlockingDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends Events about the node's VSmmu. They wait for an API server that is away, but not at any
 * price: the oldest are dropped when too many wait.
 */
final class NodeEvents implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(NodeEvents.class);

  /** Where Events about objects without a namespace live. */
  static final String NAMESPACE = "default";

  private static final int MOST_WAITING = 64;

  /** A device that comes and goes must not fill the API server. */
  private static final Duration BETWEEN = Duration.ofMillis(200);

  private static final Duration IDLE = Duration.ofHours(1);
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  /** The API's limits. */
  private static final int LONGEST_NOTE = 1024;

  private static final int LONGEST_INSTANCE = 128;
  private static final int LONGEST_NAME = 253;

  private static final int TOO_MANY_REQUESTS = 429;

  private final KubernetesClient client;
  private final String node;
  private final InstantSource clock;
  private final BlockingDeque<Event> waiting = new LinkedBlockingDeque<>(MOST_WAITING);
  private final Pace pace =
      new Pace(new Rest(BETWEEN, IDLE), Duration.ofSeconds(1), Duration.ofSeconds(30));
  private final Loop loop;

  NodeEvents(KubernetesClient client, String node, InstantSource clock) {
    this.client = client;
    this.node = node;
    this.clock = clock;
    this.loop = Loop.start("events", IDLE, this::sendOne);
  }

  /**
   * Sends what happened, soon.
   *
   * @param uid the VSmmu's
   */
  void send(String uid, List<Transition> transitions) {
    for (var transition : transitions) {
      var event = event(uid, transition);
      while (!waiting.offerLast(event)) {
        waiting.pollFirst();
      }
    }
    if (!transitions.isEmpty()) {
      loop.poke();
    }
  }

  private Rest sendOne() {
    var event = waiting.peekFirst();
    if (event == null) {
      return Rest.upTo(IDLE);
    }
    try {
      var _ = client.events().v1().events().inNamespace(NAMESPACE).resource(event).create();
    } catch (KubernetesClientException e) {
      if (!pace.failing()) {
        LOG.warn("event {} is not sent: {}", event.getReason(), ApiFailure.describe(e));
      }
      if (mayPass(e)) {
        loop.poke();
        return pace.failed();
      }
    }
    var _ = waiting.removeFirstOccurrence(event);
    if (!waiting.isEmpty()) {
      loop.poke();
    }
    return pace.succeeded();
  }

  /** Whether it is worth to ask again: no answer, a busy or a broken server. */
  private static boolean mayPass(KubernetesClientException e) {
    return e.getCode() == 0 || e.getCode() == TOO_MANY_REQUESTS || e.getCode() >= 500;
  }

  private Event event(String uid, Transition transition) {
    return new EventBuilder()
        .withNewMetadata()
        .withName(name())
        .withNamespace(NAMESPACE)
        .endMetadata()
        .withEventTime(new MicroTime(MICROS.format(clock.instant())))
        .withReportingController("vsmmu.io/agent")
        .withReportingInstance(cut(Names.AGENT + "-" + node, LONGEST_INSTANCE))
        .withAction(transition.action())
        .withReason(transition.reason())
        .withType(transition.warning() ? "Warning" : "Normal")
        .withNote(cut(transition.note(), LONGEST_NOTE))
        .withNewRegarding()
        .withApiVersion(new VSmmu().getApiVersion())
        .withKind(new VSmmu().getKind())
        .withName(node)
        .withUid(uid)
        .endRegarding()
        .build();
  }

  private String name() {
    var unique = "." + UUID.randomUUID();
    return cut(node, LONGEST_NAME - unique.length()) + unique;
  }

  private static String cut(String text, int longest) {
    return text.length() > longest ? text.substring(0, longest) : text;
  }

  /** What waits is dropped. */
  @Override
  public void close() {
    loop.close();
  }
}
