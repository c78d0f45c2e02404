package io.vsmmu.operator.cache;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A watch's cache that keeps of each object what the operator needs: of thousands, what it does not
 * need is most of its memory.
 *
 * @param <T> kind of object
 */
public class PrunedStore<T extends HasMetadata> implements ItemStore<T> {

  /**
   * How many objects a watch asks for at a time when it begins: whole ones, which are in memory
   * together until the cache has taken of them what it keeps.
   */
  public static final long PAGE = 200;

  private final Map<String, T> objects = new ConcurrentHashMap<>();
  private final UnaryOperator<T> pruned;

  /**
   * An empty cache.
   *
   * @param pruned gives what is to be kept of an object
   */
  public PrunedStore(UnaryOperator<T> pruned) {
    this.pruned = pruned;
  }

  /** Takes away who wrote which field, a tree that is often larger than the object itself. */
  public static <T extends HasMetadata> T withoutManagedFields(T object) {
    object.getMetadata().setManagedFields(List.of());
    return object;
  }

  @Override
  public String getKey(T object) {
    return Cache.metaNamespaceKeyFunc(object);
  }

  @Override
  public @Nullable T put(String key, T object) {
    return objects.put(key, pruned.apply(object));
  }

  @Override
  public @Nullable T remove(String key) {
    return objects.remove(key);
  }

  @Override
  public Stream<String> keySet() {
    return objects.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return objects.values().stream();
  }

  @Override
  public int size() {
    return objects.size();
  }

  @Override
  public @Nullable T get(String key) {
    return objects.get(key);
  }

  @Override
  public boolean isFullState() {
    return false;
  }
}
