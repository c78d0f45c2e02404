# shellcheck shell=bash
# The node's disk: Debian's packages for arm64, the node's programs, and the files of lab/node. The result:
# root.img, an ext4 file system that no lab writes to (each has a layer of its own on it), and versions.
#
# Sourced; needs story.sh, cache.sh, apt-root.sh, binaries.sh, ../../images/oci.sh.

node_root_source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../node" && pwd)
readonly node_root_source
readonly node_root_suite=trixie
# base-files says what system it is; mount is for kubelet, which wants options that busybox does not know.
readonly node_root_packages=(base-files busybox-static dropbear-bin mount nftables runc)
readonly node_root_size=6G

node_root_path() { # PROGRAMS_FOLDER
  local programs=$1 key
  local -a files=()
  while IFS= read -r -d '' file; do files+=(-f "$file"); done < <(find "$node_root_source" -type f -print0 | sort -z)
  key=$(cache_key -f "${BASH_SOURCE[0]}" "${files[@]}" "$(cd "$node_root_source" && find . -printf '%P %m\n' | sort)" \
    "$(basename "$programs")") || return 1
  cache_path node "$key"
}

# Builds the disk if it is not in the cache, with the programs that controlplane_binaries gave.
node_root_ensure() { # PROGRAMS_FOLDER
  local path
  path=$(node_root_path "$1") || return 1
  node_root_programs=$1
  cache_ensure node "${path##*-}" node_root_build
}

node_root_build() { # WORK OUTPUT LOG
  local work=$1 output=$2 log=$3 root=$1/root program
  story_say "node: fetching ${#node_root_packages[@]} packages for arm64 and making the disk, usually 30 s"
  apt_root_open "$work/apt" arm64 "$node_root_suite" || return 1
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
  node_root_pause_image "$work" "$root/usr/lib/vsmmu/pause.tar" >>"$log" 2>&1 || {
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

node_root_pause_image() { # WORK OUTPUT
  local work=$1/pause
  rm -rf "$work"
  mkdir -p "$work/files" || return 1
  "$(kernel_cross_prefix)gcc" -Os -s -static -o "$work/files/pause" "$node_root_source/pause.c" || return 1
  oci_layer "$work/files" "$work/layer" || return 1
  oci_image "$2" docker.io/vsmmu/pause:1 arm64 '{"Entrypoint": ["/pause"], "User": "65535:65535"}' "$work/layer"
}
