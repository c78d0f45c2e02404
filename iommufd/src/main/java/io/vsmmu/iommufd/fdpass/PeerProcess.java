package io.vsmmu.iommufd.fdpass;

import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The process that connected a socket, as the kernel recorded it at that moment (SO_PEERCRED,
 * unix(7)). Where the kernel has SO_PEERPIDFD (Linux 6.5) the process is also held by a pidfd, so
 * that {@link #isCurrent} tells whether {@link #pid} still names it.
 */
public final class PeerProcess implements AutoCloseable {
  private final int pid;
  private final int uid;
  private final int gid;
  private final @Nullable OwnedFd pidfd;

  PeerProcess(int pid, int uid, int gid, @Nullable OwnedFd pidfd) {
    this.pid = pid;
    this.uid = uid;
    this.gid = gid;
    this.pidfd = pidfd;
  }

  /**
   * The process id in this process's pid namespace; 0 when the peer is not visible from here, as in
   * a container without {@code hostPID}.
   */
  public int pid() {
    return pid;
  }

  /** The effective user id at the time of the connect. */
  public int uid() {
    return uid;
  }

  /** The effective group id at the time of the connect. */
  public int gid() {
    return gid;
  }

  /** A descriptor that names the process (pidfd_open(2)), owned by this object. */
  public OptionalInt pidfd() {
    return pidfd == null ? OptionalInt.empty() : OptionalInt.of(pidfd.fd());
  }

  /**
   * Whether {@link #pid} is still the process that connected: what was read from {@code /proc/PID}
   * before this returned true was about that process. Without a pidfd the answer is always true,
   * and a pid that was reused in between goes unnoticed.
   */
  public boolean isCurrent() {
    return pidfd == null || !SocketCalls.isReadable(pidfd.fd());
  }

  @Override
  public void close() {
    if (pidfd != null) {
      pidfd.close();
    }
  }

  @Override
  public String toString() {
    return "process " + pid + " (uid " + uid + ", gid " + gid + ")";
  }
}
