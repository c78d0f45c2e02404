# shellcheck shell=bash
# Long artefacts: built once, kept by the hash of their inputs.
#
#   lab/NAME-KEY      a result, a folder; complete, since it gets its name by a rename
#   lab/work.NAME     what a build needs on the way; removed when the result is there. A build of the same
#                     key that was killed goes on with what it left.
#   lab/NAME.lock     held while NAME is built, so that builds at the same time do the work once
#   lab/NAME.log      what the last build of NAME printed
#
# Sourced; needs story.sh.

readonly cache_folder=${VSMMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vsmmu}/lab
# Results of one name that stay: going back and forth between two versions costs nothing.
readonly cache_results_kept=2

# Prints the key for inputs: the contents of files, and words.
cache_key() { # [-f FILE | WORD]...
  local digest
  digest=$(
    while (($# > 0)); do
      if [[ $1 == -f ]]; then
        sha256sum <"$2" || exit
        shift 2
      else
        printf '%s\n' "$1"
        shift
      fi
    done | sha256sum
    exit "${PIPESTATUS[0]}"
  ) || return
  printf '%s\n' "${digest:0:16}"
}

# Prints the folder of a result, which may not exist.
cache_path() { printf '%s\n' "$cache_folder/$1-$2"; } # NAME KEY

# Makes sure that a result is there. BUILDER is called as `BUILDER WORK OUTPUT LOG` if it is not: it may
# leave anything in WORK, puts the result into the empty folder OUTPUT, and appends to LOG.
cache_ensure() { # NAME KEY BUILDER
  local name=$1 key=$2 builder=$3 result work=$cache_folder/work.$1 log=$cache_folder/$1.log lock status=0
  result=$(cache_path "$name" "$key")
  if [[ -d $result ]]; then
    touch "$result"
    return
  fi
  mkdir -p "$cache_folder" || return
  exec {lock}>"$cache_folder/$name.lock" || return
  if ! flock --nonblock "$lock"; then
    story_say "$name: waiting for another build of it"
    flock "$lock" || return
  fi
  if [[ ! -d $result ]]; then
    cache_build "$name" "$key" "$builder" "$result" "$work" "$log" {lock}>&- || status=$?
  fi
  exec {lock}>&-
  return "$status"
}

cache_build() { # NAME KEY BUILDER RESULT WORK LOG
  local name=$1 key=$2 builder=$3 result=$4 work=$5 log=$6 started=$SECONDS
  if [[ $(cat "$work/key" 2>/dev/null) != "$key" ]]; then rm -rf "$work"; fi
  mkdir -p "$work/scratch" || return
  printf '%s\n' "$key" >"$work/key"
  rm -rf "$work/output"
  mkdir "$work/output" || return
  : >"$log"
  "$builder" "$work/scratch" "$work/output" "$log" || return
  mv -T "$work/output" "$result" || return
  rm -rf "$work"
  cache_prune "$name"
  story_say "$name: built in $(story_duration $((SECONDS - started))), $(du -sh "$result" | cut -f 1)"
}

cache_prune() { # NAME
  local old
  while IFS= read -r old; do
    rm -rf "$old"
  done < <(find "$cache_folder" -maxdepth 1 -type d -regextype posix-extended \
    -regex ".*/$1-[0-9a-f]{16}" -printf '%T@ %p\n' | sort -rn | tail -n "+$((cache_results_kept + 1))" | cut -d ' ' -f 2-)
}
