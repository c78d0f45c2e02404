# shellcheck shell=bash
# The lab's second node: a real kubelet and containerd on this machine, in namespaces of their own, and simulated
# hardware. Its agent's image works on the simulated node in /dev/simulated-node. Under a run directory:
#
#   RUN/simulated/              what the node has written, and what it was given (lab/simulated/start)
#   RUN/simulated/hardware/     sysfs, device nodes and kernel of the simulated machine
#   RUN/simulated/logs/         console, containerd and kubelet
#   RUN/processes/simulated-node, simulated-hardware    see process.sh
#
# Sourced; needs story.sh, cache.sh, process.sh, controlplane.sh, network.sh, node-root.sh.

readonly SIMULATED_NODE_NAME=lab-simulated

simulated_here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../simulated" && pwd)
readonly simulated_here
readonly simulated_top=$simulated_here/../..
# What the machine consists of: a name that SimulatedNodeMain knows.
readonly simulated_machine=eight-nics

simulated_namespace() { printf '%s-simulated\n' "$1"; } # NAMESPACE

# Starts the node; the control plane of the run directory must run. Returns when the node is Ready.
simulated_up() { # RUN NAMESPACE
  local run=$1 namespace=$2 state=$1/simulated programs root
  process_runs "$run" kube-apiserver || {
    story_say "the simulated node joins a cluster, and none runs; start one with: lab/vsmmu-lab up"
    return 1
  }
  simulated_down "$run" "$namespace" || return 1
  programs=$(controlplane_binaries simulated) || return 1
  node_root_ensure folder "$programs" || return 1
  root=$(node_root_path folder "$programs")/root
  simulated_build_hardware || return 1
  mkdir -p "$state"/{share,logs,hardware} || return 1
  : >"$state/logs/console"
  simulated_admit "$run" || return 1
  network_simulated_up "$namespace" "$(simulated_namespace "$namespace")" || return 1
  simulated_start_hardware "$run" || return 1
  process_start "$run" simulated-node "$simulated_here/start" "$(network_file "$(simulated_namespace "$namespace")")" \
    "$state" "$root" "$namespace" || return 1
  simulated_await_ready "$run" 180
}

# Ends the node and forgets it, whatever state a killed predecessor left it in.
simulated_down() { # RUN NAMESPACE
  local run=$1 namespace=$2
  process_kill "$run" simulated-node || return 1
  process_kill "$run" simulated-hardware || return 1
  # With its init ended all that ran in it; the kernel may take a moment.
  network_down "$(simulated_namespace "$namespace")" || return 1
  # The kernel takes the namespace apart later, and with it the other end of this.
  ip -n "$namespace" link delete "$NETWORK_SIMULATED" 2>/dev/null || true
  simulated_remove_cgroups "$namespace" || return 1
  rm -rf "$run/simulated"
}

# A process that has ended is in its cgroup until the kernel has taken it apart.
simulated_remove_cgroups() { # NAME
  local hierarchy looks=600
  while read -r hierarchy; do
    until [[ ! -d $hierarchy/$1 ]] || find "$hierarchy/$1" -depth -type d -exec rmdir {} + 2>/dev/null; do
      if ((looks-- == 0)); then
        story_say "the cgroup $hierarchy/$1 cannot be removed: processes are in it or in one below"
        return 1
      fi
      sleep 0.05
    done
  done < <(findmnt --list --noheadings --output TARGET --types cgroup,cgroup2)
}

simulated_admit() { # RUN
  local run=$1 share=$1/simulated/share
  controlplane_admit "$run" "$SIMULATED_NODE_NAME" "$NETWORK_SIMULATED_ADDRESS" || return 1
  cp "$run/kubeconfig/$SIMULATED_NODE_NAME" "$share/kubelet.kubeconfig" &&
    cp "$run/pki/ca.crt" "$share/" &&
    cp "$run/pki/$SIMULATED_NODE_NAME-server.crt" "$share/kubelet-server.crt" &&
    cp "$run/pki/$SIMULATED_NODE_NAME-server.key" "$share/kubelet-server.key" || return 1
  cat >"$share/node.env" <<END
NODE_NAME=$SIMULATED_NODE_NAME
NODE_ADDRESS=$NETWORK_SIMULATED_ADDRESS
API_SERVER=$CONTROLPLANE_ADDRESS:$CONTROLPLANE_PORT
API_SERVER_SERVICE=$CONTROLPLANE_SERVICE_ADDRESS:443
POD_RANGE=$NETWORK_SIMULATED_POD_RANGE
KUBELET_OPTIONS=
END
}

# The simulator is part of the agent's jars.
simulated_build_hardware() { "$simulated_top/tools/jars" device-plugin >&2; }

simulated_start_hardware() { # RUN
  local run=$1 java looks=600
  java=$("$simulated_top/tools/java-home")/bin/java || return 1
  process_start "$run" simulated-hardware "$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx96m \
    --enable-native-access=ALL-UNNAMED -cp "$simulated_top/device-plugin/target/lib/*" \
    io.vsmmu.iommufd.simulated.node.SimulatedNodeMain "$run/simulated/hardware" "$simulated_machine" || return 1
  # It listens when it says so.
  until grep -q "^node $simulated_machine " "$run/logs/simulated-hardware.log" 2>/dev/null; do
    if ((looks-- == 0)) || ! process_runs "$run" simulated-hardware; then
      story_blame "$run/logs/simulated-hardware.log" "the simulated hardware does not start"
      return 1
    fi
    sleep 0.1
  done
}

# Returns when the API server says that the node is Ready; fails when the node ends or the time is over.
simulated_await_ready() { # RUN SECONDS
  local run=$1 seconds=$2
  {
    controlplane_kubectl "$run" wait --for=create --timeout="${seconds}s" "node/$SIMULATED_NODE_NAME" &&
      controlplane_kubectl "$run" wait --for=condition=Ready --timeout="${seconds}s" "node/$SIMULATED_NODE_NAME"
  } >"$run/logs/simulated-ready.log" 2>&1 && return
  story_blame "$run/logs/simulated-node.log" "the simulated node is not Ready: $(tail -n 1 "$run/logs/simulated-ready.log")"
  story_blame "$run/simulated/logs/containerd" "containerd said:"
  story_blame "$run/simulated/logs/kubelet" "and kubelet said:"
  return 1
}

# Runs a command in the node, with its output, input and exit status.
simulated_run() { # RUN COMMAND...
  local run=$1 pid init=
  shift
  # The recorded process waits for its child, the node's init. The file has no end of line.
  if pid=$(process_pid "$run" simulated-node); then read -r init _ <"/proc/$pid/task/$pid/children" || true; fi
  if [[ -z $init ]]; then
    story_say "no simulated node runs; start one with: lab/vsmmu-lab simulated up"
    return 1
  fi
  nsenter --target "$init" --mount --uts --ipc --net --pid --cgroup -- /usr/bin/env -i \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}

# Imports the images of OCI tar files into the node's containerd.
simulated_load() { # RUN TAR...
  local run=$1 tar started=$SECONDS
  shift
  for tar in "$@"; do
    simulated_run "$run" ctr -n k8s.io images import --local - <"$tar" >"$run/logs/load.log" 2>&1 || {
      story_blame "$run/logs/load.log" "$tar could not be imported into the simulated node's containerd"
      return 1
    }
    story_say "loaded $(sed -nE 's/^unpacking ([^ ]+) .*/\1/p' "$run/logs/load.log" | tr '\n' ' ')in $((SECONDS - started)) s"
  done
}
