# shellcheck shell=bash
# The table of the cluster's test: a row for what was done, its result, and how long allocatable took to be back.
#
# Sourced; needs story.sh, deployment.sh.
# shellcheck disable=SC2154 # blame is deployment.sh's

table_rows=()

# Runs a function as a row. It sets `result`, and `seconds` if there is something to tell; when it fails the row says
# so, what helps to find out why is shown, and the table goes on.
row() { # WHAT DONE FUNCTION [ARGUMENT...]
  local what=$1 did=$2 result='' seconds='' verdict=ok
  shift 2
  if "$@"; then
    deployment_passed=$((deployment_passed + 1))
    story_step "$what: $did"
  else
    verdict=FAILED
    deployment_failed=$((deployment_failed + 1))
    story_step "FAILED: $what: $did: ${result:-no result}"
    # Once: what fails later often fails of the same.
    ((deployment_failed > 1)) || blame
  fi
  table_rows+=("$verdict"$'\t'"$what"$'\t'"$did"$'\t'"${seconds:--}"$'\t'"$result")
}

show_table() {
  local verdict what did seconds result
  printf '\n%-6s  %-20s  %-44s  %8s  %s\n' '' WHAT DONE SECONDS RESULT
  for line in "${table_rows[@]}"; do
    IFS=$'\t' read -r verdict what did seconds result <<<"$line"
    printf '%-6s  %-20s  %-44s  %8s  %s\n' "$verdict" "$what" "$did" "$seconds" "$result"
  done
  printf '\nSECONDS: until the node offered all its devices again, and VSmmu said Ready.\n\n'
}

# The seconds since a time of EPOCHREALTIME, with a tenth.
since() { # TIME
  local tenths=$(((${EPOCHREALTIME/./} - ${1/./}) / 100000))
  printf '%d.%d\n' $((tenths / 10)) $((tenths % 10))
}

# Tries until a command succeeds, for SECONDS. For what has no event: processes of others, an API server that is away.
await() { # SECONDS COMMAND...
  local deadline=$((SECONDS + $1)) said
  shift
  until said=$("$@" 2>&1); do
    if ((SECONDS >= deadline)); then
      story_say "in vain: $* ${said:+(${said##*$'\n'})}"
      return 1
    fi
    sleep 0.1
  done
}

joined() { # SEPARATOR WORD...
  local separator=$1 text=$2 word
  for word in "${@:3}"; do text+=$separator$word; done
  printf '%s\n' "$text"
}
