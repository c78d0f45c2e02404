# shellcheck shell=bash
# The root of a node: Debian's packages, the node's programs, and the files of lab/node. No lab writes to it (each has
# a layer of its own on it). There are two forms:
#
#   disk      root.img, an ext4 file system for the arm64 node under QEMU
#   folder    root, a folder for the simulated node, of this machine's architecture
#
# Beside it is versions.
#
# Sourced; needs story.sh, cache.sh, apt-root.sh, binaries.sh, ../../images/oci.sh.

node_root_source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../node" && pwd)
readonly node_root_source
readonly node_root_suite=trixie
# base-files says what system it is; mount is for kubelet, which wants options that busybox does not know.
readonly node_root_packages=(base-files busybox-static dropbear-bin mount nftables runc)
readonly node_root_size=6G

node_root_path() { # FORM PROGRAMS_FOLDER
  local form=$1 programs=$2 key
  local -a files=()
  while IFS= read -r -d '' file; do files+=(-f "$file"); done < <(find "$node_root_source" -type f -print0 | sort -z)
  key=$(cache_key -f "${BASH_SOURCE[0]}" "${files[@]}" "$(cd "$node_root_source" && find . -printf '%P %m\n' | sort)" \
    "$(basename "$programs")" "$(node_root_architecture "$form")") || return 1
  cache_path "$(node_root_name "$form")" "$key"
}

node_root_name() { # FORM
  if [[ $1 == disk ]]; then echo node; else echo simulated-node; fi
}

node_root_architecture() { # FORM
  if [[ $1 == disk ]]; then echo arm64; else dpkg --print-architecture; fi
}

# Builds the root if it is not in the cache, with the programs that controlplane_binaries gave.
node_root_ensure() { # FORM PROGRAMS_FOLDER
  local path
  path=$(node_root_path "$1" "$2") || return 1
  node_root_form=$1 node_root_programs=$2
  cache_ensure "$(node_root_name "$1")" "${path##*-}" node_root_build
}

node_root_build() { # WORK OUTPUT LOG
  local work=$1 output=$2 log=$3 root=$1/root program architecture
  architecture=$(node_root_architecture "$node_root_form") || return 1
  story_say "node: fetching ${#node_root_packages[@]} packages for $architecture and making the $node_root_form, usually 30 s"
  apt_root_open "$work/apt" "$architecture" "$node_root_suite" || return 1
  rm -rf "$root"
  apt_root_unpack "$work/apt" "$root" "$log" "${node_root_packages[@]}" || return 1
  rm -rf "$root"/usr/share/{doc,man,locale,info,bash-completion}
  mkdir -p "$root"/{dev,proc,sys,run,tmp,mnt,root,opt,home,etc/dropbear,var/lib,var/log,usr/lib/cni} || return 1
  cp -r "$node_root_source/root/." "$root/" || return 1
  ln -sf /proc/mounts "$root/etc/mtab"
  : >"$root/etc/machine-id"
  for program in "$node_root_programs"/*; do
    case ${program##*/} in
      ptp | loopback | host-local) cp -L "$program" "$root/usr/lib/cni/" || return 1 ;;
      *) cp -L "$program" "$root/usr/bin/" || return 1 ;;
    esac
  done
  node_root_link_busybox "$work" "$root" "$log" || return 1
  node_root_pause_image "$work" "$architecture" "$root/usr/lib/vsmmu/pause.tar" >>"$log" 2>&1 || {
    story_blame "$log" "node: the image of sandboxes could not be made"
    return 1
  }
  {
    for program in "${node_root_packages[@]}"; do
      printf '%s %s\n' "$program" "$(apt_root_version "$work/apt" "$program")"
    done
    for program in containerd kubelet ptp; do
      printf '%s %s\n' "$program" "$(controlplane_version "$program")"
    done
  } >"$output/versions"
  if [[ $node_root_form == folder ]]; then
    mv "$root" "$output/root"
    return
  fi
  mke2fs -q -t ext4 -L node -E lazy_itable_init=1,root_owner=0:0 -d "$root" "$output/root.img" "$node_root_size" \
    >>"$log" 2>&1 || {
    story_blame "$log" "node: mke2fs failed"
    return 1
  }
}

# A link for each of busybox's programs that no package brings. The machine's own build of the same package
# says which there are, as the node's cannot run here.
node_root_link_busybox() { # WORK ROOT LOG
  local work=$1 root=$2 log=$3 applet
  local -a applets
  apt_root_open "$work/host-apt" "$(dpkg --print-architecture)" "$node_root_suite" || return 1
  apt_root_unpack_alone "$work/host-apt" "$work/host" "$log" busybox-static || return 1
  mapfile -t applets < <("$work/host/bin/busybox" --list-full)
  if ((${#applets[@]} < 100)); then
    story_say "node: busybox names only ${#applets[@]} programs"
    return 1
  fi
  for applet in "${applets[@]}"; do
    if [[ ! -e $root/$applet && ! -L $root/$applet ]]; then
      mkdir -p "$root/${applet%/*}"
      ln -s /bin/busybox "$root/$applet" || return 1
    fi
  done
}

node_root_pause_image() { # WORK ARCHITECTURE OUTPUT
  local work=$1/pause architecture=$2 compiler=gcc
  if [[ $architecture == arm64 ]]; then compiler=$(kernel_cross_prefix)gcc; fi
  rm -rf "$work"
  mkdir -p "$work/files" || return 1
  "$compiler" -Os -s -static -o "$work/files/pause" "$node_root_source/pause.c" || return 1
  oci_layer "$work/files" "$work/layer" || return 1
  oci_image "$3" docker.io/vsmmu/pause:1 "$architecture" '{"Entrypoint": ["/pause"], "User": "65535:65535"}' "$work/layer"
}
