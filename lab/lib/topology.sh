# shellcheck shell=bash
# Topologies: what SMMUs and PCI devices the node has. lab/topologies/two-smmus explains the format.
#
# Sourced; needs story.sh.
# shellcheck disable=SC2034 # what topology_load sets is read elsewhere

topology_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../topologies" && pwd)
readonly topology_folder

# What a device that is a disk calls its medium, which the machine brings along.
readonly topology_disk=spare

# Prints the file of a topology: a name, or a path with a slash in it.
topology_file() { # TOPOLOGY
  local file=$topology_folder/$1
  if [[ $1 == */* ]]; then file=$1; fi
  if [[ ! -f $file ]]; then
    story_say "there is no topology '$1' (there are: $(cd "$topology_folder" && echo *); a file of your own is named by" \
      "a path with a slash in it)"
    return 1
  fi
  realpath "$file"
}

# Sets topology_arguments (for QEMU), topology_nesting (yes or no) and topology_vfs (a number).
topology_load() { # TOPOLOGY
  local file number=0 statement first second third rest ports=0 slots=0 device=-1 functions=0
  local -A smmus=() networks=()
  file=$(topology_file "$1") || return
  topology_arguments=()
  topology_nesting=no
  topology_vfs=0
  while read -r statement first second third rest; do
    number=$((number + 1))
    case $statement in
      '' | '#'*) ;;
      nesting)
        [[ ($first == yes || $first == no) && -z $second ]] || topology_error "nesting is yes or no" || return
        topology_nesting=$first
        ;;
      vfs)
        [[ $first =~ ^[0-9]+$ && -z $second ]] || topology_error "wanted: vfs COUNT" || return
        topology_vfs=$first
        ;;
      smmu)
        [[ $second =~ ^[0-9]+$ && $third =~ ^[01]$ && -z $rest ]] || topology_error "wanted: smmu NAME BUS NUMA" || return
        [[ -z ${smmus[$first]:-} ]] || topology_error "there is an SMMU '$first' already" || return
        smmus[$first]=1
        slots=0
        topology_arguments+=(
          -device "pxb-pcie,id=$first.root,bus_nr=$second,bus=pcie.0,numa_node=$third"
          -device "arm-smmuv3,id=$first,primary-bus=$first.root,stage=nested"
        )
        ;;
      network)
        [[ $second =~ ^[0-9.]+/[0-9]+$ && -z $third ]] || topology_error "wanted: network NAME SUBNET" || return
        [[ -z ${networks[$first]:-} ]] || topology_error "there is a network '$first' already" || return
        networks[$first]=1
        # Restricted: nothing that is said in it leaves QEMU.
        topology_arguments+=(-netdev "user,id=$first,net=$second,restrict=on")
        ;;
      device)
        [[ -n $second && -z $third ]] || topology_error "wanted: device SMMU MODEL" || return
        [[ -n ${smmus[$first]:-} ]] || topology_error "no SMMU '$first' above" || return
        [[ ! $second =~ (^|,)netdev=([^,]*) || -n ${networks[${BASH_REMATCH[2]}]:-} ]] ||
          topology_error "no network '${BASH_REMATCH[2]}' above" || return
        [[ ! $second =~ (^|,)drive=([^,]*) || ${BASH_REMATCH[2]} == "$topology_disk" ]] ||
          topology_error "no disk '${BASH_REMATCH[2]}' (there is: $topology_disk)" || return
        ports=$((ports + 1))
        topology_arguments+=(
          -device "pcie-root-port,id=port$ports,bus=$first.root,chassis=$ports,slot=$((slots++))"
          -device "$second,bus=port$ports,romfile="
        )
        device=$((${#topology_arguments[@]} - 1))
        functions=1
        ;;
      function)
        [[ -n $first && -z $second ]] || topology_error "wanted: function MODEL" || return
        ((device >= 0)) || topology_error "no device above" || return
        ((functions < 8)) || topology_error "a PCI device has 8 functions at most" || return
        if ((functions == 1)); then topology_arguments[device]+=,multifunction=on,addr=0.0; fi
        topology_arguments+=(-device "$first,bus=port$ports,romfile=,addr=0.$((functions++))")
        ;;
      *) topology_error "unknown statement '$statement'" || return ;;
    esac
  done <"$file"
}

# Reads the locals of topology_load.
topology_error() {
  story_say "$file:$number: $*"
  return 1
}
