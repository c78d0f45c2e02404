# shellcheck shell=bash
# What the lab tells: one line per step, on standard error, so that standard output stays data.
#
# Sourced; the caller sets its own shell options. Bash 5 or newer. A script whose first comment has a line "usage:"
# thereby answers --help with that comment, before it has done anything.

# The comment at the head of the script that runs.
story_usage() { sed -n '2,/^set /{/^set /d;/^# shellcheck/d;s/^# \{0,1\}//;p}' "$0"; }

case ${1:-} in
  -h | --help)
    if grep -q '^# usage: ' "$0"; then
      story_usage
      exit 0
    fi
    ;;
esac

story_say() { printf 'lab: %s\n' "$*" >&2; }

# A step of a story, with the seconds since story_begin.
story_begin() { story_started=${EPOCHREALTIME/./}; }

story_step() {
  local elapsed=$(((${EPOCHREALTIME/./} - story_started) / 100000))
  printf 'lab: %4d.%d s  %s\n' $((elapsed / 10)) $((elapsed % 10)) "$*" >&2
}

story_duration() { # SECONDS
  if (($1 < 60)); then printf '%d s' "$1"; else printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); fi
}

# Says what failed and the last lines of the log that tells why.
story_blame() { # LOG WHAT...
  local log=$1
  shift
  story_say "$*"
  if [[ -s $log ]]; then
    story_say "the last lines of $log:"
    # Consoles clear and colour the screen.
    tail -n 25 "$log" | tr -d '\r' | sed -E 's/\x1b\[[0-9;=]*[A-Za-z]//g; s/^/  | /' >&2
  else
    story_say "its log $log is empty"
  fi
}
