# shellcheck shell=bash
# The image of the lab's VMs: the agent's own image (for `vsmmu receive`), and on top of it QEMU with UEFI firmware
# for arm64, the programs of lab/vm, and a guest: the node's kernel with an initial RAM disk of static programs.
#
# Sourced; needs story.sh, cache.sh, apt-root.sh, kernel.sh of lab/lib, and oci.sh, base.sh of images.

vm_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly vm_here
readonly vm_top=$vm_here/../..
readonly vm_image=docker.io/vsmmu/lab-vm:1
readonly vm_suites=(trixie-backports trixie)

# What QEMU needs and the base of our images does not have.
vm_qemu_path() {
  local key
  key=$(cache_key -f "${BASH_SOURCE[0]}") || return
  cache_path vm-qemu "$key"
}

vm_qemu_ensure() {
  local path
  path=$(vm_qemu_path) || return
  cache_ensure vm-qemu "${path##*-}" vm_qemu_build
}

# The result: a layer, and for the guest busybox and the kernel's headers.
vm_qemu_build() { # WORK OUTPUT LOG
  local work=$1 output=$2 log=$3 packages=$1/packages root=$1/root libraries=usr/lib/aarch64-linux-gnu library
  story_say "vm: fetching QEMU, firmware and busybox for arm64 from ${vm_suites[0]} (75 MB), usually 1 min"
  rm -rf "$packages" "$root" "$work/headers"
  apt_root_open "$work/apt" arm64 "${vm_suites[@]}" || return
  apt_root_unpack "$work/apt" "$packages" "$log" qemu-system-arm qemu-efi-aarch64 busybox-static || return
  apt_root_version "$work/apt" qemu-system-arm >"$output/version" || return
  apt_root_unpack_alone "$work/apt" "$work/headers" "$log" linux-libc-dev || return
  mkdir -p "$root/usr/bin" "$root/$libraries" "$root/usr/share/vm" "$output/include" || return
  cp "$packages/usr/bin/qemu-system-aarch64" "$root/usr/bin/" || return
  while IFS= read -r library; do
    cp -L "$packages/$libraries/$library" "$root/$libraries/" || return
  done < <(vm_libraries "$packages/$libraries" "$root/usr/bin/qemu-system-aarch64")
  vm_without_padding "$packages/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd" "$root/usr/share/vm/firmware.fd" || return
  oci_layer "$root" "$output/layer" || return
  cp "$packages/bin/busybox" "$output/busybox" && cp -r "$work/headers/usr/include/linux" "$output/include/"
}

# Prints the libraries that a program needs, with those that they need, but for the C library: it is in the base.
vm_libraries() { # FOLDER PROGRAM
  local folder=$1 name
  local -a todo=("$2")
  local -A seen=()
  while ((${#todo[@]} > 0)); do
    while IFS= read -r name; do
      case $name in
        libc.so.* | libm.so.* | ld-linux-*) continue ;;
      esac
      [[ -z ${seen[$name]:-} ]] || continue
      seen[$name]=1
      printf '%s\n' "$name"
      todo+=("$folder/$name")
    done < <(readelf --dynamic --wide "${todo[0]}" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p')
    todo=("${todo[@]:1}")
  done
}

# The flash image is padded to 64 MiB with zeros, which QEMU does not need and a node would unpack.
vm_without_padding() { # IMAGE OUTPUT
  local end
  end=$(cmp -l /dev/zero "$1" 2>/dev/null | tail -n 1 | awk '{ print $1 }')
  [[ -n $end ]] || {
    story_say "vm: the firmware $1 is empty"
    return 1
  }
  head -c "$end" "$1" >"$2" && truncate -s %4096 "$2"
}

# Makes the guest's layer in WORK/guest.
vm_guest_layer() { # WORK
  local work=$1 parts ramdisk=$1/ramdisk root=$1/guest-root
  parts=$(vm_qemu_path) || return
  rm -rf "$ramdisk" "$root" "$work/guest"
  mkdir -p "$ramdisk/bin" "$root/usr/share/vm" "$root/usr/bin" || return
  "$(kernel_cross_prefix)gcc" -Wall -Wextra -Werror -O2 -static -s -I "$parts/include" -o "$ramdisk/bin/edu-dma" \
    "$vm_here/guest/edu-dma.c" || return
  cp "$parts/busybox" "$ramdisk/bin/" && cp "$vm_here"/guest/{init,udhcpc-script} "$ramdisk/" || return
  (cd "$ramdisk" && find . | sort | cpio --quiet --create --format=newc --owner=0:0 --reproducible) |
    gzip --no-name >"$root/usr/share/vm/initrd" || return
  cp "$(kernel_path)/Image" "$root/usr/share/vm/" && cp "$vm_here/start-vm" "$root/usr/bin/" || return
  chmod 755 "$root/usr/bin/start-vm"
  oci_layer "$root" "$work/guest"
}

# Makes the layer of our own programs in WORK/programs.
vm_program_layer() { # WORK
  local root=$1/program-root
  "$vm_top/tools/jars" lab/vm >"$1/build.log" 2>&1 || {
    story_blame "$1/build.log" "the programs of lab/vm could not be built"
    return 1
  }
  rm -rf "$root" "$1/programs"
  mkdir -p "$root/opt/vm/lib" || return
  cp "$vm_here"/target/vsmmu-lab-vm-*.jar "$vm_here"/../conformance/target/vsmmu-lab-conformance-*.jar "$root/opt/vm/lib/" ||
    return
  oci_layer "$root" "$1/programs"
}

# Builds the image and prints its tar. The agent's image must have been built.
vm_image_build() { # WORK
  local work=$1 agent=$vm_top/images/target/device-plugin-arm64 base parts
  mkdir -p "$work" || return
  vm_qemu_ensure >&2 || return
  base=$(base_layer arm64) && parts=$(vm_qemu_path) || return
  vm_guest_layer "$work" && vm_program_layer "$work" || return
  oci_image "$work/vm.tar" "$vm_image" arm64 \
    '{"Entrypoint": ["/usr/bin/start-vm"], "Env": ["PATH=/usr/bin:/usr/lib/jvm/bin"], "WorkingDir": "/"}' \
    "$base" "$agent/libraries.layer" "$parts/layer" "$work/guest" "$agent/application.layer" "$work/programs" || return
  printf '%s\n' "$work/vm.tar"
}
