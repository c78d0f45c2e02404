# shellcheck shell=bash
# Processes that outlive the script that started them, and are found again by a later one.
#
# A run directory RUN holds for each process
#   RUN/processes/NAME   its pid and start time, written by the process itself before it becomes the
#                        program: a starter that is killed at any moment loses no process
#   RUN/logs/NAME.log    its output
# The start time (/proc/PID/stat, field 22, clock ticks since boot) together with the boot id tells a
# process of ours from a later one with the same pid.
#
# Sourced; needs story.sh. Every return has its status: in a trap, a bare "return" returns the status
# from before the trap.

# Starts a program in a session of its own, without the caller's file descriptors (which may be locks) and
# standard input, and returns when its record is written. Does nothing if it runs already.
process_start() { # RUN NAME COMMAND...
  local run=$1 name=$2
  shift 2
  if process_runs "$run" "$name"; then return 0; fi
  mkdir -p "$run/processes" "$run/logs" || return 1
  # shellcheck disable=SC2016 # expanded by the shell that becomes the program
  read -r < <(setsid --fork bash -c '
    record=$1 log=$2
    shift 2
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      if ((fd > 2)); then eval "exec $fd>&-"; fi
    done
    read -r stat </proc/$$/stat
    read -ra fields <<<"${stat##*) }"
    read -r boot </proc/sys/kernel/random/boot_id
    printf "%s %s %s\n" "$$" "${fields[19]}" "$boot" >"$record.part" && mv "$record.part" "$record" || exit 1
    echo "$$"
    exec "$@" >>"$log" 2>&1
  ' process "$run/processes/$name" "$run/logs/$name.log" "$@" </dev/null) || {
    story_say "cannot start $name: its record $run/processes/$name could not be written"
    return 1
  }
}

# Prints the pid of a process that process_start started, if it still runs.
process_pid() { # RUN NAME
  local pid started boot boot_now stat
  local -a fields
  [[ -e $1/processes/$2 ]] || return 1
  read -r pid started boot <"$1/processes/$2" || return 1
  read -r boot_now </proc/sys/kernel/random/boot_id
  [[ $boot == "$boot_now" ]] || return 1
  { read -r stat <"/proc/$pid/stat"; } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }"
  # A zombie has ended, and nobody but its parent can do more about it; but while it has other threads, these have its
  # memory, its files and its sockets.
  [[ ${fields[19]} == "$started" && (${fields[0]} != Z || ${fields[17]} -gt 1) ]] || return 1
  printf '%s\n' "$pid"
}

process_runs() { # RUN NAME
  process_pid "$1" "$2" >/dev/null
}

# Ends a process: SIGTERM, and SIGKILL when it has not ended after SECONDS (default 10). Does nothing if it
# does not run.
process_stop() { # RUN NAME [SECONDS]
  local run=$1 name=$2 patience=${3:-10} pid
  if pid=$(process_pid "$run" "$name"); then
    kill -TERM "$pid" 2>/dev/null || true
    if ! process_await_end "$run" "$name" "$patience"; then
      story_say "$name (pid $pid) did not end within $patience s of SIGTERM; killing it"
      kill -KILL "$pid" 2>/dev/null || true
      process_await_end "$run" "$name" 10 || {
        story_say "$name (pid $pid) survives SIGKILL: it is stuck in the kernel"
        return 1
      }
    fi
  fi
  rm -f "$run/processes/$name" "$run/processes/$name.part"
}

# Ends a process whose data nobody wants any more.
process_kill() { # RUN NAME
  local pid
  if pid=$(process_pid "$1" "$2"); then
    kill -KILL "$pid" 2>/dev/null || true
    process_await_end "$1" "$2" 10 || {
      story_say "$2 (pid $pid) survives SIGKILL: it is stuck in the kernel"
      return 1
    }
  fi
  rm -f "$1/processes/$2" "$1/processes/$2.part"
}

# Succeeds when the process has ended, fails after SECONDS. It is not our child, so that nothing tells but
# looking.
process_await_end() { # RUN NAME SECONDS
  local looks=$(($3 * 50))
  while process_runs "$1" "$2"; do
    if ((looks-- <= 0)); then return 1; fi
    sleep 0.02
  done
}

# Prints the names of the processes that the run directory knows, running or not.
process_names() { # RUN
  local record
  for record in "$1"/processes/*; do
    if [[ -e $record && $record != *.part ]]; then printf '%s\n' "${record##*/}"; fi
  done
}
