# shellcheck shell=bash
# The lab's network: a namespace of its own with a tap device to the node. Nothing in it reaches the
# machine's networks, and all that runs in it is the lab's.
#
# Sourced; needs story.sh, controlplane.sh.

readonly NETWORK_POD_RANGE=10.90.0.0/24
readonly NETWORK_TAP=tap0

network_file() { printf '/run/netns/%s\n' "$1"; } # NAMESPACE

network_up() { # NAMESPACE
  ip netns add "$1" &&
    ip -n "$1" link set lo up &&
    ip -n "$1" tuntap add dev "$NETWORK_TAP" mode tap &&
    ip -n "$1" address add "$CONTROLPLANE_ADDRESS/24" dev "$NETWORK_TAP" &&
    ip -n "$1" link set "$NETWORK_TAP" up &&
    ip -n "$1" route add "$NETWORK_POD_RANGE" via "$CONTROLPLANE_NODE_ADDRESS"
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
