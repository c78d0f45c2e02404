# shellcheck shell=bash
# The IORT override. QEMU's SMMUs have no S2FWB, and its firmware table does not say that transactions of
# PCI devices stay coherent whatever a guest's page tables say (the flag CANWBS of a root complex). With
# neither, the kernel refuses nested translation. So the node's own table is read in the node,
# patched, and given back to the kernel in front of the initial RAM disk.
#
# The format: Arm DEN0049 (IO Remapping Table), ACPI 6.5 section 5.2.6 (table header).
#
# Guests of QEMU's accelerated SMMUs have another trouble: the table asks for the doorbell of MSIs to be mapped as it is
# (a reserved memory range, RMR), and does not permit that it is mapped otherwise. So the guest's kernel gives none of
# the devices to its own users (VFIO). That permission is given in the same way.
#
# Sourced; needs story.sh.

# Sets CANWBS, byte 23, in every root complex of an IORT.
iort_promise_coherence() { iort_set_flag "$1" "$2" 2 "root complex" 23 4; } # TABLE PATCHED

# Sets "remapping permitted", byte 16, in every reserved memory range of an IORT.
iort_permit_remapping() { iort_set_flag "$1" "$2" 6 "reserved memory range" 16 1; } # TABLE PATCHED

# Sets a flag in every node of a type. Fails, and writes nothing, if TABLE is not a sound IORT or has no such node.
iort_set_flag() { # TABLE PATCHED TYPE NAME BYTE FLAG
  local type=$3 name=$4 at=$5 flag=$6
  local -a bytes
  local length nodes offset node_length index sum=0 byte patched=0 escaped=
  mapfile -t bytes < <(od -An -v -tu1 -w1 "$1" | tr -d ' ')
  if ((${#bytes[@]} < 48)) || [[ $(head -c 4 "$1") != IORT ]]; then
    story_say "$1 is no IORT: it has ${#bytes[@]} bytes and begins with '$(head -c 4 "$1" | tr -c '[:alnum:]' '?')'"
    return 1
  fi
  length=$(iort_u32 4)
  if ((length != ${#bytes[@]})); then
    story_say "$1 has ${#bytes[@]} bytes, but its header says $length"
    return 1
  fi
  for byte in "${bytes[@]}"; do sum=$((sum + byte)); done
  if ((sum % 256 != 0)); then
    story_say "$1: the checksum of the table is wrong (the sum of its bytes is $((sum % 256)), not 0)"
    return 1
  fi
  nodes=$(iort_u32 36)
  offset=$(iort_u32 40)
  for ((index = 0; index < nodes; index++)); do
    node_length=0
    if ((offset + 16 <= length)); then node_length=$((bytes[offset + 1] | bytes[offset + 2] << 8)); fi
    if ((node_length < 16 || offset + node_length > length)); then
      story_say "$1: node $index at offset $offset does not fit into the table"
      return 1
    fi
    if ((bytes[offset] == type && node_length > at)); then
      bytes[offset + at]=$((bytes[offset + at] | flag))
      patched=$((patched + 1))
    fi
    offset=$((offset + node_length))
  done
  if ((patched == 0)); then
    story_say "$1 has no $name among its $nodes nodes"
    return 1
  fi
  # The kernel takes an override only if its OEM revision is higher.
  iort_set_u32 24 $(($(iort_u32 24) + 1))
  bytes[9]=0
  sum=0
  for byte in "${bytes[@]}"; do sum=$((sum + byte)); done
  bytes[9]=$(((256 - sum % 256) % 256))
  printf -v escaped '\\x%02x' "${bytes[@]}"
  # shellcheck disable=SC2059 # the format is the data
  printf "$escaped" >"$2"
}

iort_u32() { # OFFSET, in the caller's bytes
  printf '%d\n' $((bytes[$1] | bytes[$1 + 1] << 8 | bytes[$1 + 2] << 16 | bytes[$1 + 3] << 24))
}

iort_set_u32() { # OFFSET VALUE, in the caller's bytes
  local place
  for place in 0 1 2 3; do bytes[$1 + place]=$(($2 >> 8 * place & 255)); done
}

# Makes what goes in front of the initial RAM disk: an uncompressed cpio archive.
iort_archive() { # PATCHED ARCHIVE
  local folder status=0
  folder=$(mktemp -d) || return
  mkdir -p "$folder/kernel/firmware/acpi" &&
    cp "$1" "$folder/kernel/firmware/acpi/iort.aml" &&
    (cd "$folder" && find kernel | cpio --quiet --create --format=newc --owner=0:0) >"$2" || status=1
  rm -rf "$folder"
  return "$status"
}
