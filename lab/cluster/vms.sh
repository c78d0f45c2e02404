# shellcheck shell=bash
# The VMs of the cluster's test: pods that hold devices, and what must stay true of them. What a VM has is told by
# kubelet's own checkpoint, by the VSmmu's status, and by the VM, which proved each device against the kernel.
#
# Sourced; needs story.sh, deployment.sh, table.sh.
# shellcheck disable=SC2154,SC2034 # result is row's; here, story_work, lab, emulated_node, simulated, nic and devices are the caller's

# VM -> what it has ("address address"), how often it was started again, and its node.
declare -A vm_devices=() vm_restarts=()

# Creates a VM; with NODE it may run there only.
vm() { # NAME RESOURCE COUNT [NODE]
  local selector=''
  if [[ -n ${4:-} ]]; then selector="  nodeSelector: {kubernetes.io/hostname: $4}"; fi
  sed -e "s#NAME#$1#" -e "s#RESOURCE: COUNT#$2: $3#" -e "s#^spec:#spec:\n$selector#" "$here/objects/vm.yaml" |
    kubectl apply -f - >/dev/null
}

# Returns when the VM runs, and has proved what it was handed.
vm_holds() { # NAME
  vm_runs "$1" && await 180 vm_says_that_it_holds "$1"
}

vm_runs() { # NAME
  kubectl_quietly wait --for=condition=Ready --timeout=180s "pod/$1"
}

vm_says_that_it_holds() { # NAME
  kubectl logs "$1" | grep '^holding' >/dev/null
}

vm_node() { kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'; } # NAME

vm_delete() { kubectl_quietly delete pod "$1" --timeout=180s; } # NAME

# Of how many SMMUs the VM was handed devices.
vm_smmus() { # NAME
  kubectl logs "$1" | sed -n 's/^manifest: //p' | jq '.viommus | map(.smmu) | unique | length'
}

# The devices of a VM, as its node's kubelet has them on disk.
vm_devices_of_kubelet() { # NAME
  local uid
  uid=$(kubectl get pod "$1" -o 'jsonpath={.metadata.uid}') &&
    kubelet_checkpoint "$(vm_node "$1")" |
    jq -r --arg uid "$uid" '[.Data.PodDeviceEntries[]? | select(.PodUID == $uid) | .DeviceIDs[][]] | sort | join(" ")'
}

kubelet_checkpoint() { # NODE
  local file=/var/lib/kubelet/device-plugins/kubelet_internal_checkpoint
  in_node "$1" cat "$file"
}

vm_devices_of_status() { # NAME
  kubectl get vsmmu "$(vm_node "$1")" -o json |
    jq -r --arg name "$1" '[.status.virtualMachines[]? | select(.pod.name == $name and .state == "HandedOff") | .devices[].pciAddress] | sort | join(" ")'
}

vm_devices_of_manifest() { # NAME
  kubectl logs "$1" | sed -n 's/^manifest: //p' | jq -r '[.devices[].pciAddress] | sort | join(" ")'
}

vm_restart_count() { kubectl get pod "$1" -o 'jsonpath={.status.containerStatuses[0].restartCount}'; } # NAME

vms_held() { printf '%s\n' "${!vm_devices[@]}" | sort | xargs; }

# Remembers what the VMs have now: they must have it until they are deleted.
vms_remember() {
  local name
  for name in $(kubectl get pods -l app=vm --field-selector status.phase=Running -o 'jsonpath={.items[*].metadata.name}'); do
    vm_devices[$name]=$(vm_devices_of_manifest "$name")
    vm_restarts[$name]=$(vm_restart_count "$name")
  done
  story_pods=("${!vm_devices[@]}")
}

vms_forget() {
  vm_devices=()
  vm_restarts=()
}

# No VM was restarted, each has what it had, and kubelet and VSmmu agree; a new VM gets all the rest, and nothing else.
vms_are_whole() {
  local name all=
  for name in "${!vm_devices[@]}"; do
    vm_is_whole "$name" || return
    all+=" ${vm_devices[$name]}"
  done
  vms_share_nothing "$all"
}

vms_share_nothing() { # ADDRESS...
  local twice
  twice=$(tr ' ' '\n' <<<"$*" | sed '/^$/d' | sort | uniq -d | xargs)
  if [[ -n $twice ]]; then
    result="given twice: $twice"
    return 1
  fi
}

vm_is_whole() { # NAME
  local name=$1 wanted=${vm_devices[$1]}
  if [[ $(vm_restart_count "$name") != "${vm_restarts[$name]}" ]]; then
    result="$name was restarted: $(vm_restart_count "$name") times, not ${vm_restarts[$name]}"
    return 1
  fi
  kubectl_quietly wait --for=condition=Ready --timeout=120s "pod/$name" || {
    result="$name is not Ready"
    return 1
  }
  if [[ $(vm_devices_of_kubelet "$name") != "$wanted" ]]; then
    result="$name had $wanted, kubelet says $(vm_devices_of_kubelet "$name")"
    return 1
  fi
  await 120 vm_status_is "$name" "$wanted" || {
    result="$name had $wanted, its VSmmu says $(vm_devices_of_status "$name")"
    return 1
  }
}

vm_status_is() { [[ $(vm_devices_of_status "$1") == "$2" ]]; } # NAME DEVICES

vms_summary() {
  local name
  local -a each=()
  for name in $(vms_held); do each+=("$name: $(wc -w <<<"${vm_devices[$name]}")"); done
  printf '%s\n' "VMs keep their devices ($(joined ', ' "${each[@]}"))"
}

# A new VM that asks for all that is free gets it, and nothing that another has.
the_rest_can_be_had() { # NODE
  local rest got
  rest=$(($(node_devices "$1") - $(held_on "$1")))
  ((rest > 0)) || return 0
  if ! vm rest "$nic" "$rest" "$1" || ! vm_holds rest; then
    result="no new VM gets the $rest free devices: $(kubectl get pod rest -o json | jq -r '"\(.status.phase) \(.status.reason // "") \(.status.message // "")"')"
    return 1
  fi
  got=$(vm_devices_of_manifest rest)
  vms_share_nothing "${vm_devices[*]} $got" && vm_delete rest
}

node_devices() { if [[ $1 == "$emulated_node" ]]; then echo 3; else echo "$devices"; fi; } # NODE

held_on() { # NODE
  local name count=0
  for name in "${!vm_devices[@]}"; do
    if [[ $(vm_node "$name") == "$1" ]]; then count=$((count + $(wc -w <<<"${vm_devices[$name]}"))); fi
  done
  echo "$count"
}

# --- what a node offers

await_allocatable() { # NODE COUNT
  await 120 allocatable_is_exactly "$@"
}

allocatable() { kubectl get node "$1" -o json | jq -r --arg nic "$nic" '.status.allocatable[$nic] // 0'; } # NODE

allocatable_is_exactly() { [[ $(allocatable "$1") == "$2" ]]; } # NODE COUNT

allocatable_at_most() { (($(allocatable "$1") <= $2)); } # NODE COUNT

await_vsmmu_ready() { # NODE
  await 120 kubectl_quietly wait --for=condition=Ready --timeout=5s "vsmmu/$1"
}

await_allocated() { # NODE ALLOCATED
  kubectl_quietly wait --for="jsonpath={.status.counts.allocated}=$2" --timeout=180s "vsmmu/$1"
}

# No device of a node is allocated, and each can be.
await_all_free() { # NODE
  await_allocated "$1" 0 &&
    kubectl get vsmmu "$1" -o json | jq -e '(.status.virtualMachines // []) == []
      and ([.status.devices[].state] | unique) == ["Available"]' >/dev/null
}
