package io.vsmmu.iommufd;

/**
 * The two nested page tables that stand for the guest's stream table entry while the guest has none
 * that translates.
 */
public record ProxyHwpts(NestedHwpt bypass, NestedHwpt abort) implements AutoCloseable {

  public NestedHwpt get(InitialProxy proxy) {
    return switch (proxy) {
      case BYPASS -> bypass;
      case ABORT -> abort;
    };
  }

  /** Destroys both. */
  @Override
  public void close() {
    Undo.of(bypass, abort).close();
  }
}
