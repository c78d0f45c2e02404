package io.vsmmu.agent.status;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vsmmu.agent.flow.Loop;
import io.vsmmu.agent.flow.Rest;
import io.vsmmu.agent.flow.Subscription;
import io.vsmmu.agent.inventory.Wish;
import io.vsmmu.agent.state.StateFolder;
import io.vsmmu.api.v1alpha1.ConditionType;
import io.vsmmu.api.v1alpha1.VSmmu;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what the node's VSmmu asks for to the agent, and what the agent found out to the VSmmu's
 * status; transitions that matter become Events. While the API server is away the last wish holds,
 * also over a restart of the agent.
 */
public final class StatusReporter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StatusReporter.class);

  private static final Duration IDLE = OwnStatus.REPEAT;

  /** What happens within this time is written once. */
  private static final Duration COALESCE = Duration.ofMillis(500);

  private static final String KEY = "wish";

  private final KubernetesClient client;
  private final String node;
  private final OwnStatus status;
  private final Supplier<AgentFacts> facts;
  private final Consumer<Wish> wishes;
  private final StateFolder<Wish> lastWish;
  private final InstantSource clock;
  private final Pace pace =
      new Pace(new Rest(COALESCE, IDLE), Duration.ofSeconds(1), Duration.ofSeconds(30));
  private final NodeVSmmu vsmmu;
  private final Loop loop;
  private final Subscription subscription;
  private final NodeEvents events;
  private @Nullable AgentFacts last;
  private @Nullable Wish told;

  /**
   * Starts to follow and report.
   *
   * @param facts what to report; see {@link #changed}
   * @param wishes told every wish, at once the one of before the restart
   * @param stateFolder where the last wish is kept
   * @throws IOException when {@code stateFolder} cannot be read
   */
  public StatusReporter(
      KubernetesClient client,
      String node,
      Identity identity,
      Supplier<AgentFacts> facts,
      Consumer<Wish> wishes,
      Path stateFolder,
      InstantSource clock)
      throws IOException {
    this.client = client;
    this.node = node;
    this.status = new OwnStatus(new StatusComposer(identity));
    this.facts = facts;
    this.wishes = wishes;
    this.lastWish = StateFolder.open(stateFolder, Wish.class);
    this.clock = clock;
    Optional.ofNullable(lastWish.all().get(KEY)).ifPresent(this::tell);
    this.events = new NodeEvents(client, node, clock);
    this.vsmmu = new NodeVSmmu(client, node);
    this.loop = Loop.start("status", IDLE, this::report);
    this.subscription = vsmmu.subscribe(this::follow);
  }

  /**
   * The wish that an agent last followed; changes nothing on disk.
   *
   * @param stateFolder as in the constructor
   * @throws IOException when it cannot be read
   */
  public static Optional<Wish> lastWish(Path stateFolder) throws IOException {
    return Optional.ofNullable(StateFolder.look(stateFolder, Wish.class).all().get(KEY));
  }

  /**
   * Keeps a wish that came from elsewhere for {@link #lastWish}, over an older one.
   *
   * @param stateFolder as in the constructor
   * @throws IOException when it cannot be written
   */
  public static void leaveWish(Path stateFolder, Wish wish) throws IOException {
    StateFolder.open(stateFolder, Wish.class).put(KEY, wish);
  }

  /** Says that the facts changed; they are reported soon. */
  public void changed() {
    loop.poke();
  }

  /** Whether the node's VSmmu is gone, or goes and was told that everything is given back. */
  public boolean isOver() {
    var now = vsmmu.known();
    return now.told()
        && now.vsmmu()
            .map(view -> view.deleting() && ConditionType.Released.isTrueIn(view.conditions()))
            .orElse(true);
  }

  @Override
  public void close() {
    subscription.close();
    vsmmu.close();
    loop.close();
    events.close();
  }

  private void follow(NodeVSmmu.Known known) {
    if (!known.told()) {
      return;
    }
    var wish = known.vsmmu().map(VSmmuView::wish).orElse(Wish.NONE);
    if (!wish.equals(told)) {
      remember(wish);
      tell(wish);
    }
    loop.poke();
  }

  private void tell(Wish wish) {
    told = wish;
    wishes.accept(wish);
  }

  private void remember(Wish wish) {
    try {
      lastWish.put(KEY, wish);
    } catch (IOException e) {
      LOG.warn("after a restart without API server an old wish will hold", e);
    }
  }

  private Rest report() {
    var target = vsmmu.known().vsmmu();
    if (target.isEmpty()) {
      status.forget();
      return nothingToSay();
    }
    var now = facts.get();
    if (now.report().wish().equals(Wish.NONE)) {
      return nothingToSay(); // Nothing was looked at yet; a blank report would hide the last one.
    }
    events.send(target.get().uid(), Transition.between(last, now));
    last = now;
    var time = clock.instant();
    var change = status.change(target.get(), now, time);
    if (change.isEmpty()) {
      return nothingToSay();
    }
    try {
      client
          .resource(VSmmu.statusPatch(node, change.get()))
          .subresource("status")
          .patch(NodeLease.AS_AGENT);
      status.written(target.get(), change.get(), time);
      return pace.succeeded();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
        return nothingToSay(); // Deleted meanwhile; the watch will tell.
      }
      if (!pace.failing()) {
        LOG.warn("the status of VSmmu {} is not written: {}", node, ApiFailure.describe(e));
      }
      return pace.failed();
    }
  }

  private Rest nothingToSay() {
    var _ = pace.succeeded();
    return Rest.upTo(IDLE);
  }
}
