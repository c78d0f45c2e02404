# shellcheck shell=bash
# Pods of a story, and the agent's process.
#
# Sourced; needs story.sh, deployment.sh.
# shellcheck disable=SC2154 # story_work is the caller's

phase_is() { # POD PHASE [SECONDS]
  kubectl wait --for="jsonpath={.status.phase}=$2" --timeout="${3:-240}s" "pod/$1" >/dev/null
}

# Returns when the pod's log has a line that matches REGEX; fails when it has one that says FAILED, when the pod
# ends, or after SECONDS. Leaves the log in POD.log.
await_log() { # POD REGEX SECONDS
  local lines follower line status deadline=$((SECONDS + $3)) found=1
  exec {lines}< <(exec "$deployment_lab" kubectl logs --follow "$1" 2>&1)
  follower=$!
  : >"$story_work/$1.log"
  while true; do
    status=0
    IFS= read -r -t $((deadline > SECONDS ? deadline - SECONDS : 0)).1 -u "$lines" line || status=$?
    ((status == 0)) || break
    line=${line%$'\r'}
    printf '%s\n' "$line" >>"$story_work/$1.log"
    if [[ $line =~ $2 ]]; then
      found=0
      break
    elif [[ $line == *FAILED* ]]; then
      story_say "$line"
      break
    fi
  done
  kill "$follower" 2>/dev/null || true
  exec {lines}<&-
  if ((status > 128)); then story_say "the pod $1 did not say '$2' within $3 s"; fi
  return "$found"
}

delete_pod() { kubectl_quietly delete pod "$@" --timeout=180s; }

# The pid of the agent in the node.
agent_pid() {
  # shellcheck disable=SC2016 # for the node's shell
  "$deployment_lab" run sh -c 'for pid in $(pidof java); do
    if tr "\0" " " </proc/$pid/cmdline | grep -q "io.vsmmu.agent.cli.Vsmmu run"; then echo "$pid"; fi
  done' </dev/null
}

# Ends the agent as a crash does. Kubelet starts another one.
kill_agent_process() {
  local pid
  pid=$(agent_pid)
  if [[ ! $pid =~ ^[0-9]+$ ]]; then
    story_say "no agent in the node, or several: ${pid:-none}"
    return 1
  fi
  "$deployment_lab" run kill -KILL "$pid"
}

# What the agent that runs now has said.
agent_log() { kubectl -n vsmmu-system logs daemonset/vsmmu-agent; }
