# shellcheck shell=bash
# The lab's network: a namespace of its own with a tap device to the node. Nothing in it reaches the
# machine's networks, and all that runs in it is the lab's.
#
# Sourced; needs story.sh, controlplane.sh.

readonly NETWORK_POD_RANGE=10.90.0.0/24
readonly NETWORK_TAP=tap0
# The other end of the link is in the simulated node's own namespace.
readonly NETWORK_SIMULATED=simulated
readonly NETWORK_SIMULATED_GATEWAY=10.91.0.1
readonly NETWORK_SIMULATED_ADDRESS=10.91.0.2
readonly NETWORK_SIMULATED_POD_RANGE=10.92.0.0/24

network_file() { printf '/run/netns/%s\n' "$1"; } # NAMESPACE

network_up() { # NAMESPACE
  ip netns add "$1" &&
    ip -n "$1" link set lo up &&
    ip -n "$1" tuntap add dev "$NETWORK_TAP" mode tap &&
    ip -n "$1" address add "$CONTROLPLANE_ADDRESS/24" dev "$NETWORK_TAP" &&
    ip -n "$1" link set "$NETWORK_TAP" up &&
    ip -n "$1" route add "$NETWORK_POD_RANGE" via "$CONTROLPLANE_NODE_ADDRESS"
}

# Makes a namespace for the simulated node, with a link to the lab's. Pods of both nodes reach each other.
network_simulated_up() { # NAMESPACE NODE_NAMESPACE
  ip netns add "$2" &&
    ip -n "$2" link set lo up &&
    ip -n "$1" link add "$NETWORK_SIMULATED" type veth peer name uplink netns "$2" &&
    ip -n "$1" address add "$NETWORK_SIMULATED_GATEWAY/24" dev "$NETWORK_SIMULATED" &&
    ip -n "$1" link set "$NETWORK_SIMULATED" up &&
    ip -n "$2" address add "$NETWORK_SIMULATED_ADDRESS/24" dev uplink &&
    ip -n "$2" link set uplink up &&
    ip -n "$2" route add default via "$NETWORK_SIMULATED_GATEWAY" &&
    ip -n "$1" route add "$NETWORK_SIMULATED_POD_RANGE" via "$NETWORK_SIMULATED_ADDRESS" &&
    nsenter --net="$(network_file "$1")" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# Ends what still runs in the namespace (a starter that was killed may have left it without a record) and
# removes it.
network_down() { # NAMESPACE
  local pid signal
  [[ -e $(network_file "$1") ]] || return 0
  for signal in TERM KILL; do
    for pid in $(ip netns pids "$1"); do
      story_say "ending $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c 1-80) (pid $pid), left in namespace $1"
      kill -"$signal" "$pid" 2>/dev/null || true
    done
    network_await_empty "$1" && break
  done
  ip netns delete "$1"
}

network_await_empty() { # NAMESPACE
  local looks
  for ((looks = 0; looks < 100; looks++)); do
    [[ -n $(ip netns pids "$1") ]] || return 0
    sleep 0.05
  done
  return 1
}
