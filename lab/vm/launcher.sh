# shellcheck shell=bash
# The image of the lab's virt-launcher: as that of VMs (image.sh), and with libvirt and QEMU of the newest Debian suite
# in the place of its QEMU, for libvirt knows accelerated vSMMUs since 12.6.
#
# Sourced; needs image.sh and what that needs.
# shellcheck disable=SC2154 # vm_top is image.sh's

launcher_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly launcher_here
readonly launcher_image=docker.io/vsmmu/lab-launcher:1
readonly launcher_suite=sid
readonly launcher_packages=(qemu-system-arm qemu-efi-aarch64 libvirt-daemon libvirt-daemon-driver-qemu)
readonly launcher_libraries=usr/lib/aarch64-linux-gnu
# The daemon looks for it there.
readonly launcher_driver=$launcher_libraries/libvirt/connection-driver/libvirt_driver_qemu.so

# libvirt, QEMU, firmware, and what they need.
launcher_parts_path() {
  local key
  key=$(cache_key -f "${BASH_SOURCE[0]}") || return
  cache_path launcher-parts "$key"
}

launcher_parts_ensure() {
  local path
  path=$(launcher_parts_path) || return
  cache_ensure launcher-parts "${path##*-}" launcher_parts_build
}

# The result: a layer, and the versions of libvirt and QEMU.
launcher_parts_build() { # WORK OUTPUT LOG
  local work=$1 output=$2 log=$3 packages=$1/packages root=$1/root library
  story_say "launcher: fetching libvirt, QEMU and firmware for arm64 from $launcher_suite (80 MB), usually 1 min"
  rm -rf "$packages" "$root" "$work/libc"
  apt_root_open "$work/apt" arm64 "$launcher_suite" || return
  apt_root_unpack "$work/apt" "$packages" "$log" "${launcher_packages[@]}" || return
  apt_root_unpack_alone "$work/apt" "$work/libc" "$log" libc6 || return
  {
    apt_root_version "$work/apt" libvirt-daemon && apt_root_version "$work/apt" qemu-system-arm
  } >"$output/versions" || return
  mkdir -p "$root/usr/bin" "$root/${launcher_driver%/*}" "$root/usr/share/vm" "$root/usr/share/libvirt" || return
  cp "$packages/usr/bin/qemu-system-aarch64" "$packages/usr/sbin/libvirtd" "$root/usr/bin/" || return
  cp "$packages/$launcher_driver" "$root/$launcher_driver" || return
  cp -r "$packages"/usr/share/libvirt/{cpu_map,schemas} "$root/usr/share/libvirt/" || return
  while IFS= read -r library; do
    cp -L "$packages/$launcher_libraries/$library" "$root/$launcher_libraries/" || return
  done < <(launcher_needed "$packages/$launcher_libraries" "$root"/usr/bin/* "$root/$launcher_driver")
  # The base's C library is older than the one that these are made for; its parts go together only.
  cp -L "$work/libc/$launcher_libraries"/*.so* "$root/$launcher_libraries/" || return
  cp -L "$work/libc/usr/lib/ld-linux-aarch64.so.1" "$root/usr/lib/" || return
  vm_without_padding "$packages/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd" "$root/usr/share/vm/firmware.fd" || return
  oci_layer "$root" "$output/layer"
}

# Prints the libraries that programs need, with those that they need.
launcher_needed() { # FOLDER PROGRAM...
  local folder=$1 name
  shift
  local -a todo=("$@")
  local -A seen=()
  while ((${#todo[@]} > 0)); do
    while IFS= read -r name; do
      [[ -z ${seen[$name]:-} ]] || continue
      seen[$name]=1
      printf '%s\n' "$name"
      todo+=("$folder/$name")
    done < <(readelf --dynamic --wide "${todo[0]}" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p')
    todo=("${todo[@]:1}")
  done
}

# Makes the layer of what is the launcher's alone in WORK/launcher.
launcher_layer() { # WORK
  local root=$1/launcher-root
  rm -rf "$root" "$1/launcher"
  mkdir -p "$root/opt/vm/lib" || return
  cp -r "$launcher_here/launcher/." "$root/" && chmod 755 "$root"/usr/bin/* || return
  cp "$vm_top"/kubevirt-hook/target/vsmmu-kubevirt-hook-*.jar "$root/opt/vm/lib/" || return
  "$(kernel_cross_prefix)gcc" -Wall -Wextra -Werror -O2 -static -s -o "$root/usr/bin/raise-memlock" \
    "$launcher_here/raise-memlock.c" || return
  oci_layer "$root" "$1/launcher"
}

# Builds the image and prints its tar. In the same WORK the image of VMs must have been built.
launcher_image_build() { # WORK
  local work=$1 agent=$vm_top/images/target/device-plugin-arm64 base parts
  launcher_parts_ensure >&2 || return
  base=$(base_layer arm64) && parts=$(launcher_parts_path) || return
  launcher_layer "$work" || return
  oci_image "$work/launcher.tar" "$launcher_image" arm64 \
    '{"Entrypoint": ["/usr/bin/start-launcher"], "Env": ["PATH=/usr/bin:/usr/lib/jvm/bin"], "WorkingDir": "/"}' \
    "$base" "$agent/libraries.layer" "$parts/layer" "$work/guest" "$agent/application.layer" "$work/programs" "$work/launcher" ||
    return
  printf '%s\n' "$work/launcher.tar"
}
