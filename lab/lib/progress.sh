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
  local lines line status counted=0 started=$SECONDS shown=$SECONDS
  story_say "$title"
  rm -f "$log.status" || return
  # Bash at times loses the status of a process substitution that it waits for, and says 255 of one that succeeded.
  exec {lines}< <(
    "$@" 2>&1 </dev/null && status=0 || status=$?
    printf '%s\n' "$status" >"$log.status"
  )
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
  # Without one it was killed.
  status=$(cat "$log.status" 2>/dev/null) || status=137
  rm -f "$log.status"
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
