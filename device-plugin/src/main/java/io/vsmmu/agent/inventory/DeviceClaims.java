package io.vsmmu.agent.inventory;

import io.vsmmu.iommufd.topology.PciAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Who may touch which function: nobody binds, probes, prepares or gives back a function without a
 * claim on it, and a function has one claim at a time.
 */
public final class DeviceClaims {

  /** What a claim is for. */
  public enum Purpose {
    /** To bind, probe or give back: short. */
    MAINTENANCE,
    /** For a container: as long as its allocation. */
    ALLOCATION
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition returned = lock.newCondition();
  private final Map<PciAddress, Claim> holders = new HashMap<>();

  /**
   * Claims all of {@code functions} or none, without waiting.
   *
   * @param owner who claims, for messages
   */
  public Optional<Claim> tryClaim(Collection<PciAddress> functions, Purpose purpose, String owner) {
    lock.lock();
    try {
      return heldAmong(functions).isPresent()
          ? Optional.empty()
          : Optional.of(take(functions, purpose, owner));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Claims all of {@code functions} or none, waiting for maintenance that is under way.
   *
   * @param patience how long to wait
   * @return empty when a claim was still held then, or the thread was interrupted; see {@link
   *     #owner}
   */
  public Optional<Claim> claim(
      Collection<PciAddress> functions, Purpose purpose, String owner, Duration patience) {
    long left = patience.toNanos();
    lock.lock();
    try {
      while (heldAmong(functions).isPresent()) {
        if (left <= 0) {
          return Optional.empty();
        }
        left = returned.awaitNanos(left);
      }
      return Optional.of(take(functions, purpose, owner));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Who has the claim on a function. */
  public Optional<String> owner(PciAddress function) {
    lock.lock();
    try {
      return Optional.ofNullable(holders.get(function)).map(claim -> claim.owner);
    } finally {
      lock.unlock();
    }
  }

  /** Whether an allocation has the claim on a function. */
  public boolean allocated(PciAddress function) {
    lock.lock();
    try {
      var claim = holders.get(function);
      return claim != null && claim.purpose == Purpose.ALLOCATION;
    } finally {
      lock.unlock();
    }
  }

  private Optional<PciAddress> heldAmong(Collection<PciAddress> functions) {
    return functions.stream().filter(holders::containsKey).findFirst();
  }

  private Claim take(Collection<PciAddress> functions, Purpose purpose, String owner) {
    var claim = new Claim(Set.copyOf(functions), purpose, owner);
    claim.functions.forEach(function -> holders.put(function, claim));
    return claim;
  }

  /** The right to touch some functions, until closed. */
  public final class Claim implements AutoCloseable {

    private final Set<PciAddress> functions;
    private final Purpose purpose;
    private final String owner;

    private Claim(Set<PciAddress> functions, Purpose purpose, String owner) {
      this.functions = functions;
      this.purpose = purpose;
      this.owner = owner;
    }

    /** Gives the claim back; no-op the second time. */
    @Override
    public void close() {
      lock.lock();
      try {
        holders.values().removeIf(claim -> claim == this);
        returned.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
