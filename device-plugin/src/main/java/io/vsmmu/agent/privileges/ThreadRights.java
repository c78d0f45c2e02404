package io.vsmmu.agent.privileges;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a thread may do, from its {@code status} in proc(5).
 *
 * @param permitted capabilities that it can have, a bit each
 * @param effective capabilities that it has
 * @param noNewPrivileges whether no program that it starts can have more
 */
record ThreadRights(long permitted, long effective, boolean noNewPrivileges) {

  static ThreadRights of(Path status) throws IOException {
    return parse(Files.readString(status));
  }

  static ThreadRights parse(String status) throws IOException {
    return new ThreadRights(
        Long.parseUnsignedLong(field(status, "CapPrm"), 16),
        Long.parseUnsignedLong(field(status, "CapEff"), 16),
        field(status, "NoNewPrivs").equals("1"));
  }

  /** Whether it has nothing but some of {@code allowed}, for good. */
  boolean within(long allowed) {
    return noNewPrivileges && (permitted & ~allowed) == 0 && (effective & ~allowed) == 0;
  }

  private static String field(String status, String name) throws IOException {
    return status
        .lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElseThrow(() -> new IOException("no " + name + " in a thread's status"));
  }
}
