# shellcheck shell=bash
# The lab's kernel: the newest Linux 7.x that Debian serves as source, with lab/kernel/config.
# Debian's own arm64 kernels have IOMMUFD off.
#
# The result: Image, config (all options), version (of the source package).
#
# Sourced; needs story.sh, cache.sh, progress.sh, apt-root.sh.

kernel_fragment=$(cd "$(dirname "${BASH_SOURCE[0]}")/../kernel" && pwd)/config
readonly kernel_fragment
readonly kernel_suites=(trixie trixie-backports)
# What make prints a line for, and the time on two cores with nothing else to do.
readonly kernel_objects=2240
readonly kernel_usual_seconds=600

# The version of the source is not part of the key: what is built stays good when Debian has a newer one.
kernel_path() {
  local key
  key=$(cache_key -f "$kernel_fragment" -f "${BASH_SOURCE[0]}") || return
  cache_path kernel "$key"
}

# Builds the kernel if it is not in the cache.
kernel_ensure() {
  local path
  path=$(kernel_path) || return
  cache_ensure kernel "${path##*-}" kernel_build
}

kernel_build() { # WORK OUTPUT LOG
  local work=$1 output=$2 log=$3 tree=$1/objects
  local -a make=(env ARCH=arm64 CROSS_COMPILE="$(kernel_cross_prefix)" make -C "$work/source" O="$tree")
  if [[ ! -e $work/source-complete ]]; then
    kernel_fetch_source "$work" "$log" || return
    touch "$work/source-complete"
  fi
  mkdir -p "$tree"
  "${make[@]}" KCONFIG_ALLCONFIG="$kernel_fragment" allnoconfig >>"$log" 2>&1 || {
    story_blame "$log" "kernel: configuration failed"
    return 1
  }
  kernel_check_config "$tree/.config" || return
  progress_run "kernel: compiling Linux $(cat "$work/version"), usually $(story_duration "$kernel_usual_seconds") on two cores" \
    "$kernel_objects" '^  (CC|AS|AR|LD)' "$log" "${make[@]}" -j "$(nproc)" Image || return
  mv "$tree/arch/arm64/boot/Image" "$output/Image" &&
    cp "$tree/.config" "$output/config" &&
    cp "$work/version" "$output/version"
}

kernel_cross_prefix() {
  if [[ $(uname -m) == aarch64 ]]; then echo; else echo aarch64-linux-gnu-; fi
}

kernel_fetch_source() { # WORK LOG
  local work=$1 log=$2 package
  rm -rf "$work"/{apt,package,source}
  apt_root_open "$work/apt" amd64 "${kernel_suites[@]}" || return
  package=$(apt_root "$work/apt" cache pkgnames linux-source-7. | sort -V | tail -n 1)
  if [[ -z $package ]]; then
    story_say "kernel: ${kernel_suites[*]} serve no package linux-source-7.*"
    return 1
  fi
  apt_root_version "$work/apt" "$package" >"$work/version" || return
  story_say "kernel: fetching and unpacking $package $(cat "$work/version") (170 MB)"
  apt_root_unpack_alone "$work/apt" "$work/package" "$log" "$package" || return
  mkdir "$work/source" &&
    tar -x -f "$work/package/usr/src/$package.tar.xz" -C "$work/source" --strip-components 1 &&
    rm -rf "$work/package" "$work/apt"
}

# Kconfig drops what it does not know or whose dependencies are off, without a word.
kernel_check_config() { # CONFIG
  local line dropped=()
  while IFS= read -r line; do
    case $line in
      CONFIG_*=n) if grep -q "^${line%=n}=" "$1"; then dropped+=("$line"); fi ;;
      CONFIG_*) if ! grep -qxF "$line" "$1"; then dropped+=("$line"); fi ;;
    esac
  done <"$kernel_fragment"
  if ((${#dropped[@]} > 0)); then
    story_say "kernel: $kernel_fragment asks for what this kernel does not honour: ${dropped[*]}"
    return 1
  fi
}
