package io.vsmmu.agent.kubelet;

import io.grpc.stub.ServerCallStreamObserver;
import io.vsmmu.agent.kubelet.api.deviceplugin.ListAndWatchResponse;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The open ListAndWatch calls of one server. Kubelet writes its checkpoint on every message, so
 * each stream gets a list only when it differs from the one it got before, and never more than it
 * takes: while a stream is not ready, newer lists replace those that wait.
 */
final class DeviceStreams {
  private final Supplier<ListAndWatchResponse> latest;
  private final Bell bell;
  private final Set<Stream> open = ConcurrentHashMap.newKeySet();

  /**
   * @param latest what kubelet is to know now
   * @param bell rung when a stream opens or closes
   */
  DeviceStreams(Supplier<ListAndWatchResponse> latest, Bell bell) {
    this.latest = latest;
    this.bell = bell;
  }

  void open(ServerCallStreamObserver<ListAndWatchResponse> observer) {
    var stream = new Stream(observer);
    observer.setOnReadyHandler(stream::send);
    observer.setOnCancelHandler(() -> closed(stream));
    open.add(stream);
    if (observer.isCancelled()) {
      closed(stream);
      return;
    }
    stream.send();
    bell.ring();
  }

  /** Sends the latest list to every stream that does not have it. */
  void send() {
    open.forEach(Stream::send);
  }

  boolean anyOpen() {
    return !open.isEmpty();
  }

  private void closed(Stream stream) {
    open.remove(stream);
    bell.ring();
  }

  private final class Stream {
    private final ServerCallStreamObserver<ListAndWatchResponse> observer;
    private @Nullable ListAndWatchResponse sent;

    Stream(ServerCallStreamObserver<ListAndWatchResponse> observer) {
      this.observer = observer;
    }

    synchronized void send() {
      ListAndWatchResponse devices = latest.get();
      if (observer.isReady() && !devices.equals(sent)) {
        observer.onNext(devices);
        sent = devices;
      }
    }
  }
}
