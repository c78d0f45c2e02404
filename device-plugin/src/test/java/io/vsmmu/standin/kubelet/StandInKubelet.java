package io.vsmmu.standin.kubelet;

import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.vsmmu.agent.kubelet.api.deviceplugin.ContainerAllocateResponse;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;

/**
 * One run of the stand-in, from {@link #start} to {@link #close}; a kubelet that restarts is closed
 * and started again on the same folders.
 */
public final class StandInKubelet implements AutoCloseable {
  private static final Duration CAPACITY_GRACE = Duration.ofMinutes(5);

  private final Grpc grpc = new Grpc();
  private final ResourceBook book = new ResourceBook(CAPACITY_GRACE);
  private final CheckpointFile checkpoint;
  private final PluginRegistry registry;
  private final Server registration;
  private final Server podResources;
  // Listed while a plugin is asked for an Allocate, too.
  private final List<Assignment> assignments = new CopyOnWriteArrayList<>();
  private final Set<PodRef> withoutDevices = new CopyOnWriteArraySet<>();
  private volatile boolean knowsItsPods = true;

  private StandInKubelet(
      Path devicePlugins, Path podResourcesSocket, KubeletGeneration generation, Runnable changed)
      throws IOException {
    Files.createDirectories(devicePlugins);
    Files.createDirectories(podResourcesSocket.toAbsolutePath().getParent());
    removeSockets(devicePlugins);
    Files.deleteIfExists(podResourcesSocket);
    checkpoint = new CheckpointFile(devicePlugins);
    assignments.addAll(checkpoint.read());
    registry = new PluginRegistry(devicePlugins, grpc, generation, book, changed);
    podResources =
        grpc.serve(podResourcesSocket, new PodResourcesService(this::pods, this::assignments));
    registration = grpc.serve(devicePlugins.resolve("kubelet.sock"), registry);
  }

  /** Starts a kubelet like the newest one. */
  public static StandInKubelet start(Path devicePlugins, Path podResourcesSocket)
      throws IOException {
    return start(devicePlugins, podResourcesSocket, KubeletGeneration.BY_SOCKET, () -> {});
  }

  /**
   * Starts a kubelet.
   *
   * @param devicePlugins its {@code device-plugins} folder; every socket in it is removed
   * @param podResourcesSocket where PodResources is served
   * @param changed called after every change of what plugins say; must return quickly
   */
  public static StandInKubelet start(
      Path devicePlugins, Path podResourcesSocket, KubeletGeneration generation, Runnable changed)
      throws IOException {
    return new StandInKubelet(devicePlugins, podResourcesSocket, generation, changed);
  }

  /** Every resource that a plugin has told of. */
  public SortedSet<String> resources() {
    return book.resources();
  }

  /** How many devices the node has, healthy or not. */
  public int capacity(String resource) {
    return book.capacity(resource);
  }

  /** How many of them are healthy. */
  public int allocatable(String resource) {
    return book.healthy(resource).size();
  }

  /** Ids of the healthy devices. */
  public List<String> healthy(String resource) {
    return book.healthy(resource);
  }

  /** How many device lists came for a resource in this run. */
  public int messages(String resource) {
    return book.messages(resource);
  }

  /** Bytes of the largest device list that came for a resource in this run; the limit is 4 MiB. */
  public int largestMessage(String resource) {
    return book.largestMessage(resource);
  }

  /** How many registrations succeeded in this run. */
  public int registrations() {
    return registry.registrations();
  }

  /**
   * Gives a container its devices, as before its first start: the same ones again, without asking
   * the plugin, when it has them already.
   *
   * @param requests how many devices of each resource
   * @throws AdmissionException when the pod is rejected
   */
  public synchronized ContainerGrant admit(
      PodRef pod, String container, Map<String, Integer> requests) throws AdmissionException {
    List<ContainerAllocateResponse> answers = new ArrayList<>();
    for (var request : requests.entrySet()) {
      answers.add(assign(pod, container, request.getKey(), request.getValue()).answer());
    }
    return ContainerGrant.of(answers);
  }

  /** Lets every ListAndWatch stream go, and never opens it again by itself. */
  public void dropStreams() {
    registry.dropStreams();
  }

  /** Registers plugins, but opens no stream to them. */
  public void openNoStreams() {
    registry.watchNoMore();
  }

  /** Opens streams to plugins that register from now on. */
  public void openStreams() {
    registry.watchAgain();
  }

  /** Runs a pod that has no devices. */
  public synchronized void run(PodRef pod) {
    withoutDevices.add(pod);
  }

  /** Forgets its pods, which all run on, as one that is started while the API server is away. */
  public synchronized void loseApiServer() {
    knowsItsPods = false;
  }

  /** Learns of its pods again. */
  public synchronized void findApiServer() {
    knowsItsPods = true;
  }

  /** The pod has ended: its devices are free. Plugins are not told. */
  public synchronized void remove(PodRef pod) {
    assignments.removeIf(assignment -> assignment.pod().equals(pod));
    checkpoint.write(assignments);
  }

  /** The devices that a pod holds. */
  public synchronized Set<String> devicesOf(PodRef pod) {
    Set<String> ids = new TreeSet<>();
    assignments.stream()
        .filter(assignment -> assignment.pod().equals(pod))
        .forEach(assignment -> ids.addAll(assignment.ids()));
    return ids;
  }

  private Assignment assign(PodRef pod, String container, String resource, int count)
      throws AdmissionException {
    for (Assignment assignment : assignments) {
      if (assignment.pod().equals(pod)
          && assignment.container().equals(container)
          && assignment.resource().equals(resource)) {
        return assignment;
      }
    }
    PluginConnection plugin =
        registry
            .plugin(resource)
            .orElseThrow(() -> new AdmissionException("no plugin serves " + resource));
    try {
      List<String> ids = choose(plugin, resource, count);
      var assignment = new Assignment(pod, container, resource, ids, plugin.allocate(ids));
      assignments.add(assignment);
      checkpoint.write(assignments);
      return assignment;
    } catch (StatusRuntimeException e) {
      throw new AdmissionException(
          "Allocate failed due to %s, which is unexpected".formatted(e.getStatus()), e);
    }
  }

  private List<String> choose(PluginConnection plugin, String resource, int count)
      throws AdmissionException {
    Set<String> free = new LinkedHashSet<>(book.healthy(resource));
    assignments.stream()
        .filter(assignment -> assignment.resource().equals(resource))
        .forEach(assignment -> assignment.ids().forEach(free::remove));
    if (free.size() < count) {
      throw new AdmissionException(
          "requested %d %s, %d available".formatted(count, resource, free.size()));
    }
    Set<String> chosen = new LinkedHashSet<>();
    if (free.size() > count && plugin.hasPreferences()) {
      plugin.preferred(free, count).stream().filter(free::contains).forEach(chosen::add);
    }
    chosen.addAll(free);
    return chosen.stream().limit(count).toList();
  }

  private Collection<PodRef> pods() {
    return knowsItsPods ? List.copyOf(withoutDevices) : List.of();
  }

  private Collection<Assignment> assignments() {
    return knowsItsPods ? List.copyOf(assignments) : List.of();
  }

  /** Ends as kubelet does: connections break, its own sockets vanish. */
  @Override
  public void close() {
    registration.shutdownNow();
    podResources.shutdownNow();
    registry.disconnectAll();
    grpc.close();
  }

  private static void removeSockets(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        var attributes =
            Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        // Of all file types only sockets, pipes and devices are "other".
        if (attributes.isOther()) {
          Files.delete(file);
        }
      }
    }
  }
}
