# shellcheck shell=bash
# QEMU with nested SMMUv3s, and UEFI firmware for it: from a newer Debian than the machine may have. Its
# programs are unpacked and run with their own loader and libraries; nothing is installed.
#
# Sourced; needs story.sh, cache.sh, apt-root.sh.

readonly qemu_suites=(trixie-backports trixie)
readonly qemu_packages=(qemu-system-arm qemu-efi-aarch64 qemu-utils)

qemu_path() {
  local key
  key=$(cache_key -f "${BASH_SOURCE[0]}" "$(uname -m)") || return
  cache_path qemu "$key"
}

qemu_ensure() {
  local path
  path=$(qemu_path) || return
  cache_ensure qemu "${path##*-}" qemu_build
}

qemu_build() { # WORK OUTPUT LOG
  local work=$1 output=$2 log=$3 architecture program library
  architecture=$(dpkg --print-architecture) || return
  story_say "qemu: fetching QEMU and firmware from ${qemu_suites[0]} (45 MB), usually 1 min"
  apt_root_open "$work/apt" "$architecture" "${qemu_suites[@]}" || return
  rm -rf "$work/root"
  apt_root_unpack "$work/apt" "$work/root" "$log" "${qemu_packages[@]}" || return
  apt_root_version "$work/apt" qemu-system-arm >"$output/version" || return
  mkdir -p "$output/bin" "$output/lib" "$output/share" || return
  # /lib64 on amd64, /lib on arm64
  find "$work/root/usr/lib" "$work/root/usr/lib64" -maxdepth 1 -name 'ld-linux-*.so.*' -exec cp -L {} "$output/ld.so" \; || return
  for program in qemu-system-aarch64 qemu-img; do
    cp "$work/root/usr/bin/$program" "$output/bin/" || return
    while IFS= read -r library; do
      if [[ ! -e $output/lib/${library##*/} ]]; then cp -L "$library" "$output/lib/" || return; fi
    done < <(qemu_libraries "$work/root" "$output/ld.so" "$output/bin/$program")
  done
  cp -r "$work/root/usr/share/qemu/." "$output/share/" || return
  # The flash image is padded to 64 MiB with zeros.
  cp --sparse=always "$work/root/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd" "$output/firmware.fd" || return
  qemu_program "$output" qemu-system-aarch64
  "${qemu_command[@]}" -machine help | grep -q '^virt ' || {
    story_say "qemu: the unpacked QEMU $(cat "$output/version") does not run"
    return 1
  }
}

qemu_libraries() { # ROOT LOADER PROGRAM
  "$2" --library-path "$(echo "$1"/usr/lib/*-linux-gnu)" --list "$3" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }'
}

# Sets qemu_command to what runs a program of the result in FOLDER.
qemu_program() { # FOLDER NAME
  qemu_command=("$1/ld.so" --library-path "$1/lib" --argv0 "$2" "$1/bin/$2")
  if [[ $2 == qemu-system-* ]]; then qemu_command+=(-L "$1/share"); fi
}
