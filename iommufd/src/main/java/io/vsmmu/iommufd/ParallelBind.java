package io.vsmmu.iommufd;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

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
    List<CompletableFuture<BoundDevice>> binds;
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            Math.min(devices.size(), MOST_AT_A_TIME),
            Thread.ofPlatform().daemon().name("vsmmu-bind-", 0).factory())) {
      binds =
          devices.stream()
              .map(device ->
                  CompletableFuture.supplyAsync(
                      () -> openAndBind(context, device, opened), threads))
              .toList();
      // Leaving the block waits for all.
    }
    List<BoundDevice> bound = new ArrayList<>();
    RuntimeException failure = null;
    for (CompletableFuture<BoundDevice> bind : binds) {
      try {
        bound.add(bind.join());
      } catch (CompletionException e) {
        failure = with(failure, e.getCause() instanceof RuntimeException cause ? cause : e);
      }
    }
    if (failure != null) {
      throw failure;
    }
    return bound;
  }

  private static BoundDevice openAndBind(IommuContext context, TreeDevice device, Undo opened) {
    VfioDevice file =
        opened.add(VfioDevice.open(context.kernel(), device.cdev(), device.pciAddress()));
    return file.bind(context);
  }

  private static RuntimeException with(@Nullable RuntimeException first, RuntimeException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }
}
