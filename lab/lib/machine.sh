# shellcheck shell=bash
# The node's machine: an arm64 board with nested SMMUs under QEMU, of a topology. It boots with the IORT
# override that the topology asks for; the override is made from the board's own table, once.
#
# Sourced; needs story.sh, cache.sh, topology.sh, kernel.sh, qemu.sh, iort.sh.
# shellcheck disable=SC2054 # the commas are QEMU's
# shellcheck disable=SC2034 # machine_nesting and machine_vfs are read elsewhere

readonly machine_memory_mib=${VSMMU_LAB_MEMORY_MIB:-3072}

# Sets machine_command: QEMU with everything but disks, networks and what the kernel is told. Two NUMA
# nodes, so that devices have one to be near to.
machine_prepare() { # TOPOLOGY
  local qemu kernel half=$((machine_memory_mib / 2))
  local -a qemu_command topology_arguments
  local topology_nesting topology_vfs
  qemu=$(qemu_path) || return 1
  kernel=$(kernel_path) || return 1
  topology_load "$1" || return 1
  machine_nesting=$topology_nesting
  machine_vfs=$topology_vfs
  qemu_program "$qemu" qemu-system-aarch64
  machine_command=(
    "${qemu_command[@]}" -nodefaults -no-user-config -no-reboot -display none
    -machine virt,gic-version=3,virtualization=on -cpu max,pauth-impdef=on -accel tcg,thread=multi -smp 2,sockets=2
    -m "${machine_memory_mib}M"
    -object "memory-backend-ram,id=memory0,size=${half}M" -numa node,nodeid=0,cpus=0,memdev=memory0
    -object "memory-backend-ram,id=memory1,size=${half}M" -numa node,nodeid=1,cpus=1,memdev=memory1
    -bios "$qemu/firmware.fd" -kernel "$kernel/Image"
    -device virtio-rng-pci,bus=pcie.0,romfile=
    -device virtio-serial-pci,bus=pcie.0,romfile=,id=serial
    "${topology_arguments[@]}"
  )
}

# A virtual serial port of the node (/dev/vport1p1 is the first) that ends in a file.
machine_port() { # NUMBER FILE
  machine_command+=(
    -chardev "file,id=port$1,path=$2,append=on"
    -device "virtserialport,bus=serial.0,nr=$1,chardev=port$1,name=lab.$1"
  )
}

machine_override_path() { # TOPOLOGY
  local key
  local -a machine_command
  local machine_nesting machine_vfs
  machine_prepare "$1" || return 1
  key=$(cache_key -f "$(dirname "${BASH_SOURCE[0]}")/iort.sh" "${machine_command[@]}") || return 1
  cache_path "iort-${1##*/}" "$key"
}

# Makes the override of a topology if it is not in the cache. DISK is any disk of the node.
machine_override_ensure() { # TOPOLOGY DISK
  local path
  path=$(machine_override_path "$1") || return 1
  machine_override_topology=$1 machine_override_disk=$2
  cache_ensure "iort-${1##*/}" "${path##*-}" machine_override_build
}

machine_override_build() { # WORK OUTPUT LOG
  local work=$1 output=$2 log=$3 status=0
  local -a machine_command
  local machine_nesting machine_vfs
  machine_prepare "$machine_override_topology" || return 1
  rm -f "$work/IORT"
  machine_port 1 "$work/IORT"
  machine_command+=(
    -serial stdio
    -drive "file=$machine_override_disk,format=raw,if=none,id=root,snapshot=on"
    -device virtio-blk-pci,drive=root,bus=pcie.0,romfile=
    -drive "driver=null-co,size=32M,if=none,id=$topology_disk"
    -append "console=ttyAMA0 root=/dev/vda ro panic=-1 init=/usr/lib/vsmmu/show-iort"
  )
  story_say "iort: booting the topology $machine_override_topology once to read its table, usually 10 s"
  timeout 120 "${machine_command[@]}" </dev/null >>"$log" 2>&1 || status=$?
  if [[ $status -ne 0 || ! -s $work/IORT ]]; then
    story_blame "$log" "iort: the node did not hand over its table (QEMU ended with status $status)"
    return 1
  fi
  cp "$work/IORT" "$output/IORT" &&
    iort_promise_coherence "$output/IORT" "$output/IORT.patched" &&
    iort_archive "$output/IORT.patched" "$output/override.cpio"
}
