package io.vsmmu.operator.agent;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Where an agent with certain options serves {@code /livez} and {@code /readyz}. */
final class HealthPort {

  private static final int DEFAULT = 8080;
  private static final int NOWHERE = -1;
  private static final int LARGEST = 65535;

  private HealthPort() {}

  /**
   * The port that the kubelet can ask.
   *
   * @param args options of {@code vsmmu run}
   * @return empty when it serves nothing, or only to its own pod
   * @throws IllegalArgumentException when the port is none
   */
  static OptionalInt of(List<String> args) {
    var port = option(args, "--http-port").map(HealthPort::parse).orElse(DEFAULT);
    boolean reachable = option(args, "--http-address").filter(HealthPort::isLoopback).isEmpty();
    return port == NOWHERE || !reachable ? OptionalInt.empty() : OptionalInt.of(port);
  }

  private static int parse(String port) {
    if (!port.matches("-1|[0-9]{1,5}") || port.equals("0") || Integer.parseInt(port) > LARGEST) {
      throw new IllegalArgumentException(
          "args: --http-port is %s; it wants a number from 1 to %d, or %d for nowhere"
              .formatted(port, LARGEST, NOWHERE));
    }
    return Integer.parseInt(port);
  }

  private static boolean isLoopback(String address) {
    return address.startsWith("127.") || address.equals("::1") || address.equals("localhost");
  }

  /** As one argument with {@code =}, or as two. */
  static Optional<String> option(List<String> args, String name) {
    for (int i = args.size() - 1; i >= 0; i--) {
      if (args.get(i).startsWith(name + "=")) {
        return Optional.of(args.get(i).substring(name.length() + 1));
      }
      if (args.get(i).equals(name) && i + 1 < args.size()) {
        return Optional.of(args.get(i + 1));
      }
    }
    return Optional.empty();
  }
}
