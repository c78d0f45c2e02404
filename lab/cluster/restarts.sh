# shellcheck shell=bash
# The restarts of the cluster's test. For each of what can be restarted there is kill_WHAT, and back_WHAT that succeeds
# when it is there again; what tells the new one from the old is in restart_before.
#
# Sourced; needs story.sh, deployment.sh, table.sh, vms.sh.
# shellcheck disable=SC2154,SC2034 # result and seconds are row's; lab, simulated and devices are the caller's

readonly restart_all="kubelet agent operator containerd kube-apiserver container"
restart_node=
declare -A restart_before=()

# Each two of them, as ONE+OTHER.
restart_pairs() {
  local -a all
  local one other
  read -ra all <<<"$restart_all"
  for ((one = 0; one < ${#all[@]}; one++)); do
    for ((other = one + 1; other < ${#all[@]}; other++)); do echo "${all[one]}+${all[other]}"; done
  done
}

# Kills on a node, with -9 and all at once, and waits until all is as before: what was killed runs, the node offers all
# of its devices, VSmmu is Ready, no VM lost a device, and what is free can be had.
restarted() { # NODE WHAT...
  local what started_at killer
  local -a killers=()
  restart_node=$1
  shift
  for what in "$@"; do "note_$(restart_name "$what")" || return; done
  started_at=$EPOCHREALTIME
  for what in "$@"; do
    "kill_$(restart_name "$what")" &
    killers+=($!)
  done
  for killer in "${killers[@]}"; do
    wait "$killer" || {
      result="not killed"
      return 1
    }
  done
  for what in "$@"; do
    await 120 "back_$(restart_name "$what")" || {
      result="$what is not back"
      return 1
    }
  done
  node_is_back "$restart_node" "$started_at" && vms_are_whole && the_rest_can_be_had "$restart_node" || return
  result=$(vms_summary)
}

# Returns when a node offers all of its devices; sets `seconds`.
node_is_back() { # NODE TIME
  if ! await_allocatable "$1" "$(node_devices "$1")" || ! await_vsmmu_ready "$1"; then
    result="allocatable is $(allocatable "$1"), $(kubectl get vsmmu "$1" -o json |
      jq -r '.status.conditions[]? | select(.type == "Ready") | "Ready \(.status): \(.message)"')"
    return 1
  fi
  seconds=$(since "$2")
}

restart_name() { echo "${1//-/_}"; } # WHAT

restart_blamed() { # WHAT
  story_say "$1 could not be killed"
  return 1
}

# --- processes of the node, which its init starts again

node_process() { in_node "$restart_node" pidof "$1" | tr ' ' '\n' | sort -n | head -n 1; } # PROGRAM

is_new() { # WHAT NOW
  [[ -n $2 && $2 != "${restart_before[$1]}" ]]
}

# What the API server knows of the node may still be of the kubelet before.
heartbeat() { kubectl get node "$restart_node" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].lastHeartbeatTime}'; }

note_kubelet() {
  restart_before[kubelet]=$(node_process kubelet)
  restart_before[heartbeat]=$(heartbeat)
}
kill_kubelet() { in_node "$restart_node" kill -KILL "${restart_before[kubelet]}" || restart_blamed kubelet; }
back_kubelet() {
  is_new kubelet "$(node_process kubelet)" && is_new heartbeat "$(heartbeat)" &&
    [[ $(kubectl get --raw "/api/v1/nodes/$restart_node/proxy/healthz") == ok ]]
}

note_containerd() { restart_before[containerd]=$(node_process containerd); }
kill_containerd() { in_node "$restart_node" kill -KILL "${restart_before[containerd]}" || restart_blamed containerd; }
back_containerd() {
  is_new containerd "$(node_process containerd)" && in_node "$restart_node" ctr --connect-timeout 1s version >/dev/null
}

# --- containers, which kubelet starts again

# Kills the Java of a pod whose command line has PATTERN.
kill_java() { # NODE POD_UID PATTERN
  local node=$1
  shift
  # shellcheck disable=SC2016 # for the node's shell
  in_node "$node" sh -c 'for pid in $(pidof java); do
    if grep -qs "pod$1" "/proc/$pid/cgroup" && tr "\0" " " <"/proc/$pid/cmdline" | grep -q "$2"; then
      kill -KILL "$pid" && found=yes
    fi
  done
  [ -n "${found:-}" ]' kill "$@"
}

pod_uid() { kubectl get pod --namespace="$1" "$2" -o 'jsonpath={.metadata.uid}'; } # NAMESPACE POD

pod_restarts() { # NAMESPACE POD
  kubectl get pod --namespace="$1" "$2" -o 'jsonpath={.status.containerStatuses[0].restartCount}'
}

pod_is_back() { # NAMESPACE POD RESTARTS_BEFORE
  local restarts
  restarts=$(pod_restarts "$1" "$2") && [[ $restarts -gt $3 ]] &&
    kubectl_quietly wait --namespace="$1" --for=condition=Ready --timeout=2s "pod/$2"
}

agent_pod() { # NODE
  kubectl get pods --namespace=vsmmu-system -l app.kubernetes.io/name=vsmmu-agent --field-selector "spec.nodeName=$1" \
    -o 'jsonpath={.items[0].metadata.name}'
}

operator_pod() {
  kubectl get pods --namespace=vsmmu-system -l app.kubernetes.io/name=vsmmu-operator -o 'jsonpath={.items[0].metadata.name}'
}

note_pod() { # WHAT NAMESPACE POD
  restart_before[$1]="$2 $3 $(pod_restarts "$2" "$3")"
  restart_before[$1-uid]=$(pod_uid "$2" "$3")
}

pod_is_back_from() { # WHAT
  local namespace pod restarts
  read -r namespace pod restarts <<<"${restart_before[$1]}"
  pod_is_back "$namespace" "$pod" "$restarts"
}

note_agent() { note_pod agent vsmmu-system "$(agent_pod "$restart_node")"; }
kill_agent() { kill_java "$restart_node" "${restart_before[agent-uid]}" 'Vsmmu run' || restart_blamed agent; }
back_agent() { pod_is_back_from agent; }

note_operator() { note_pod operator vsmmu-system "$(operator_pod)"; }
kill_operator() { kill_java "$simulated" "${restart_before[operator-uid]}" quarkus-run.jar || restart_blamed operator; }
back_operator() { pod_is_back_from operator; }

# That of the VM with two devices: it collects the same devices again.
note_container() {
  note_pod container default two
  vm_restarts[two]=$((vm_restarts[two] + 1))
}
kill_container() { kill_java "$restart_node" "${restart_before[container-uid]}" 'Vsmmu receive' || restart_blamed container; }
back_container() { pod_is_back_from container && vm_says_that_it_holds two && [[ $(vm_devices_of_manifest two) == "${vm_devices[two]}" ]]; }

# --- the control plane

note_kube_apiserver() { :; }
kill_kube_apiserver() { "$lab" restart kube-apiserver || restart_blamed kube-apiserver; }
back_kube_apiserver() { [[ $(kubectl get --raw /readyz) == ok ]]; }
