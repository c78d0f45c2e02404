# shellcheck shell=bash
# VSmmu on the lab's cluster, as steps of a story: what the stories of e2e and vm begin with, and how they end.
#
# The caller sets: story_work, a folder for what helps to find out why; story_keep, yes to leave the lab running;
# story_pods, the pods that a failure is to be blamed on; it may define blame_more, which prints what else may help.
#
# Sourced; needs story.sh.
# shellcheck disable=SC2154 # what the caller sets

deployment_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly deployment_top
readonly deployment_lab=$deployment_top/lab/vsmmu-lab
readonly deployment_node=lab-arm64

if [[ $(id -u) -ne 0 ]]; then
  story_say "$0 starts a node with network namespaces and devices of its own and has to run as root"
  exit 1
fi

deployment_passed=0
deployment_failed=0

kubectl() { "$deployment_lab" kubectl "$@"; }

indent() { sed 's/^/               /' >&2; }

# Runs a command as a step of the story; if it fails the story ends here.
step() { # WHAT COMMAND...
  local what=$1
  shift
  if "$@"; then
    story_step "$what"
    deployment_passed=$((deployment_passed + 1))
  else
    story_step "FAILED: $what"
    deployment_failed=$((deployment_failed + 1))
    blame
    finish
  fi
}

# What helps to find out why.
blame() {
  local pod
  {
    echo "--- VSmmu" && kubectl get vsmmus -o yaml
    echo "--- pods" && kubectl get pods -A -o wide
    for pod in "${story_pods[@]}"; do
      echo "--- pod $pod" && kubectl describe pod "$pod" && kubectl logs "$pod" --tail=80
    done
    echo "--- events" && kubectl get events -A --sort-by=.lastTimestamp | tail -n 20
    echo "--- agent" && kubectl -n vsmmu-system logs daemonset/vsmmu-agent --tail=60
    echo "--- operator" && kubectl -n vsmmu-system logs deployment/vsmmu-operator --tail=40
    echo "--- kubelet" && "$deployment_lab" logs kubelet | tail -n 30
    if declare -F blame_more >/dev/null; then blame_more; fi
  } >"$story_work/blame.log" 2>&1
  sed 's/^/  | /' "$story_work/blame.log" >&2
  story_say "the same is in $story_work/blame.log"
}

finish() {
  if [[ $story_keep == no ]]; then "$deployment_lab" down; fi
  printf '%d passed, %d failed\n' "$deployment_passed" "$deployment_failed"
  [[ $deployment_failed -eq 0 ]]
  exit
}

build_images() { "$deployment_top/images/build" device-plugin operator >"$story_work/images"; }

load_images() {
  local -a tars
  mapfile -t tars <"$story_work/images"
  "$deployment_lab" load "${tars[@]}"
}

install() {
  kubectl apply --server-side -k "$deployment_top/deploy/base" >"$story_work/apply.log" &&
    kubectl wait --for=condition=Established --timeout=120s crd/vsmmus.vsmmu.io >/dev/null && await_served
}

# What is established is served, and told of to those who ask what there is, a moment later.
await_served() {
  local deadline=$((SECONDS + 60))
  until kubectl get vsmmus >"$story_work/served.log" 2>&1; do
    if ((SECONDS >= deadline)); then
      indent <"$story_work/served.log"
      return 1
    fi
    sleep 0.2
  done
}

await_operator() {
  kubectl -n vsmmu-system wait --for=condition=Available --timeout=360s deployment/vsmmu-operator >/dev/null
}

await_agent() {
  kubectl -n vsmmu-system wait --for=create --timeout=240s daemonset/vsmmu-agent >/dev/null &&
    kubectl -n vsmmu-system wait --for='jsonpath={.status.numberReady}=1' --timeout=300s daemonset/vsmmu-agent >/dev/null
}

await_ready() {
  kubectl wait --for=condition=Ready --timeout=240s "vsmmu/$deployment_node" >/dev/null || return
  kubectl get vsmmu "$deployment_node" -o json |
    jq -r '.status.smmus[] | "nests: \(.nesting)  \(.name)  \(.capabilities // {} | tojson)"' | indent
}

allocatable_is() { # RESOURCE COUNT
  kubectl wait --for="jsonpath={.status.allocatable['${1//./\\.}']}=$2" --timeout=300s "node/$deployment_node" >/dev/null
}

# Every device of the VSmmu is Available, and no VM has any.
await_free() {
  kubectl wait --for='jsonpath={.status.counts.allocated}=0' --timeout=180s "vsmmu/$deployment_node" >/dev/null &&
    kubectl get vsmmu "$deployment_node" -o json | jq -e '(.status.virtualMachines // []) == []
      and ([.status.devices[].state] | unique) == ["Available"]' >/dev/null
}

# Begins the story: from nothing to the agent on a node of a topology.
deploy() { # VSMMU_YAML [TOPOLOGY]
  step "nothing runs: the lab is down" "$deployment_lab" down
  step "our images are built as OCI tars, without a daemon" build_images
  step "control plane and node are up: kubectl works, the node is Ready" "$deployment_lab" up --topology "${2:-two-smmus}"
  step "our images are in the node's containerd" load_images
  step "kubectl apply -k deploy/base" install
  step "kubectl apply -f ${1#"$deployment_top/"}" kubectl_quietly apply -f "$1"
  step "the operator runs" await_operator
  step "the operator labelled the node and rolled the agent out" await_agent
}

kubectl_quietly() { kubectl "$@" >/dev/null; }
