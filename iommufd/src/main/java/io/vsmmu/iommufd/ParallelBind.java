package io.vsmmu.iommufd;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Opens and binds devices at the same time. A bind resets its device, which on hardware takes 100
 * ms and more, and is by far the longest step of a tree.
 */
final class ParallelBind {
  private static final int MOST_AT_A_TIME = 16;

  private ParallelBind() {}

  /**
   * @param opened gets every device that was opened, also when this fails
   * @return in the order of the devices
   * @throws IommuException the first failure in that order, once no bind is under way any more
   */
  static List<BoundDevice> run(IommuContext context, List<TreeDevice> devices, Undo opened) {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(devices.size(), MOST_AT_A_TIME),
            Thread.ofPlatform().daemon().name("vsmmu-bind-", 0).factory())) {
      List<CompletableFuture<BoundDevice>> binds =
          devices.stream()
              .map(device ->
                  CompletableFuture.supplyAsync(
                      () -> openAndBind(context, device, opened), threads))
              .toList();
      // Here, not at the end of the block: an interrupt there would drop binds that have not begun.
      return resultsOf(binds);
    }
  }

  private static List<BoundDevice> resultsOf(List<CompletableFuture<BoundDevice>> binds) {
    List<BoundDevice> bound = new ArrayList<>();
    Throwable failure = null;
    for (CompletableFuture<BoundDevice> bind : binds) {
      try {
        bound.add(bind.join());
      } catch (CompletionException e) {
        Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
        if (failure == null) {
          failure = cause;
        } else {
          failure.addSuppressed(cause);
        }
      }
    }
    return switch (failure) {
      case null -> bound;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    };
  }

  private static BoundDevice openAndBind(IommuContext context, TreeDevice device, Undo opened) {
    VfioDevice file =
        opened.add(VfioDevice.open(context.kernel(), device.cdev(), device.pciAddress()));
    return file.bind(context);
  }
}
