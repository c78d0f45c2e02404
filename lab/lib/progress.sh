# shellcheck shell=bash
# Runs a long command and shows how far it is: on a terminal in one line that changes, else in a line
# every half minute.
#
# Sourced; needs story.sh.

# Counts the lines of the command's output that match PATTERN (a bash regular expression), of EXPECTED in
# all. All output goes to LOG. If the command fails, the last lines of LOG are shown.
progress_run() { # TITLE EXPECTED PATTERN LOG COMMAND...
  local title=$1 expected=$2 pattern=$3 log=$4
  shift 4
  local lines pid line status counted=0 started=$SECONDS shown=$SECONDS
  story_say "$title"
  exec {lines}< <(exec "$@" 2>&1 </dev/null)
  pid=$!
  while true; do
    status=0
    IFS= read -r -t 2 -u "$lines" line || status=$?
    if ((status == 0)); then
      printf '%s\n' "$line" >>"$log"
      if [[ $line =~ $pattern ]]; then counted=$((counted + 1)); fi
    elif ((status <= 128)); then
      break
    fi
    if [[ -t 2 ]]; then
      ((SECONDS > shown)) || continue
      printf '\r\e[Klab: %s' "$(progress_state)" >&2
    else
      ((SECONDS - shown >= 30)) || continue
      story_say "$(progress_state)"
    fi
    shown=$SECONDS
  done
  exec {lines}<&-
  [[ ! -t 2 ]] || printf '\r\e[K' >&2
  status=0
  wait "$pid" || status=$?
  if ((status != 0)); then
    story_blame "$log" "${title%%:*}: ended with status $status: $*"
  fi
  return "$status"
}

# The state of progress_run in words; reads the locals of its caller.
progress_state() {
  local text=${title%%:*}
  if ((expected > 0)); then text+=": $counted of about $expected"; fi
  printf '%s\n' "$text, $(story_duration $((SECONDS - started))) so far"
}
