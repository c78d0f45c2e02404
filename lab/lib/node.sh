# shellcheck shell=bash
# The lab's node: the machine with its disk, started and reached from the lab's namespace. Under a run
# directory:
#
#   RUN/disk.qcow2          what this node has written, on top of the cache's root.img
#   RUN/share/              a few small files that the node sees as /mnt/lab, read-only
#   RUN/parcel.img          a raw disk (/dev/vdb) that brings large files in; 9p takes minutes for them
#   RUN/spare.img           an empty ext4 filesystem, for the device of a topology that is a disk
#   RUN/ssh/                the key that opens the node
#   RUN/logs/console.log, containerd.log, kubelet.log   written by the node, through serial ports
#   RUN/processes/node      QEMU, see process.sh
#
# Sourced; needs story.sh, process.sh, controlplane.sh, network.sh, machine.sh, qemu.sh.
# shellcheck disable=SC2054 # the commas are QEMU's

readonly node_parcel_bytes=$((4 << 30))

# Makes what a node needs before it boots for the first time.
node_create() { # RUN ROOT_IMAGE
  local run=$1 root=$2
  local -a qemu_command
  qemu_program "$(qemu_path)" qemu-img
  "${qemu_command[@]}" create -q -f qcow2 -F raw -b "$root" "$run/disk.qcow2" || return 1
  truncate -s "$node_parcel_bytes" "$run/parcel.img" || return 1
  mke2fs -q -F -t ext4 "$run/spare.img" 32M || return 1
  mkdir -p "$run/share" "$run/ssh" "$run/logs" || return 1
  rm -f "$run/ssh/key" "$run/ssh/key.pub"
  ssh-keygen -q -t ed25519 -N '' -C lab -f "$run/ssh/key" || return 1
  cp "$run/ssh/key.pub" "$run/share/authorized_keys"
  cat >"$run/share/node.env" <<END
NODE_NAME=$CONTROLPLANE_NODE_NAME
NODE_ADDRESS=$CONTROLPLANE_NODE_ADDRESS
API_SERVER=$CONTROLPLANE_ADDRESS:$CONTROLPLANE_PORT
API_SERVER_SERVICE=$CONTROLPLANE_SERVICE_ADDRESS:443
POD_RANGE=$NETWORK_POD_RANGE
KUBELET_OPTIONS=--topology-manager-policy=best-effort
END
}

# Gives the node what it needs to join the control plane of the same run directory.
node_admit() { # RUN
  local run=$1
  cp "$run/kubeconfig/kubelet" "$run/share/kubelet.kubeconfig" &&
    cp "$run/pki/ca.crt" "$run/pki/kubelet-server.crt" "$run/pki/kubelet-server.key" "$run/share/"
}

# Starts QEMU. CLUSTER is yes or no: whether containerd and kubelet run.
node_start() { # RUN NAMESPACE TOPOLOGY CLUSTER
  local run=$1 namespace=$2 topology=$3 cluster=$4 machine_nesting machine_vfs log
  local -a machine_command
  machine_prepare "$topology" || return 1
  for log in console containerd kubelet; do
    if [[ -e $run/logs/$log.log ]]; then mv "$run/logs/$log.log" "$run/logs/$log.previous.log"; fi
    : >"$run/logs/$log.log"
  done
  machine_port 1 "$run/logs/containerd.log"
  machine_port 2 "$run/logs/kubelet.log"
  if [[ $machine_nesting == yes ]]; then
    machine_command+=(-initrd "$(machine_override_path "$topology")/override.cpio")
  fi
  machine_command+=(
    -chardev "file,id=console,path=$run/logs/console.log,append=on" -serial chardev:console
    -qmp "unix:$run/qmp.sock,server=on,wait=off"
    -drive "file=$run/disk.qcow2,if=none,id=root,cache=unsafe,discard=unmap"
    -device virtio-blk-pci,drive=root,bus=pcie.0,romfile=
    -drive "file=$run/parcel.img,format=raw,if=none,id=parcel,readonly=on"
    -device virtio-blk-pci,drive=parcel,bus=pcie.0,romfile=
    -drive "file=$run/spare.img,format=raw,if=none,id=$topology_disk,cache=unsafe"
    -fsdev "local,id=share,path=$run/share,security_model=none,readonly=on"
    -device virtio-9p-pci,fsdev=share,mount_tag=lab,bus=pcie.0,romfile=
    -netdev "tap,id=link,ifname=$NETWORK_TAP,script=no,downscript=no"
    -device virtio-net-pci,netdev=link,bus=pcie.0,romfile=
    -append "console=ttyAMA0 loglevel=4 root=/dev/vda rw rootflags=noinit_itable panic=-1 oops=panic init=/usr/lib/vsmmu/boot vsmmu.cluster=$cluster vsmmu.vfs=$machine_vfs"
  )
  process_start "$run" node nsenter --net="$(network_file "$namespace")" "${machine_command[@]}"
}

# Returns when the node's console says TEXT; fails when the node ends or after SECONDS (default 300).
node_await() { # RUN TEXT [SECONDS]
  local run=$1 text=$2 patience=${3:-300} pid lines follower line status
  pid=$(process_pid "$run" node) || {
    node_blame_end "$run"
    return 1
  }
  local deadline=$((SECONDS + patience))
  exec {lines}< <(exec tail -n +1 --pid="$pid" -f "$run/logs/console.log" 2>/dev/null)
  follower=$!
  while true; do
    status=0
    IFS= read -r -t $((deadline > SECONDS ? deadline - SECONDS : 0)).1 -u "$lines" line || status=$?
    if [[ $status -ne 0 || $line == *"$text"* ]]; then break; fi
  done
  exec {lines}<&-
  kill "$follower" 2>/dev/null || true
  if ((status > 128)); then
    story_blame "$run/logs/console.log" "the node did not say '$text' within $patience s"
    return 1
  elif ((status != 0)); then
    node_blame_end "$run"
    return 1
  fi
}

node_blame_end() { # RUN
  story_blame "$1/logs/console.log" "the node's QEMU has ended"
  if [[ -s $1/logs/node.log ]]; then story_blame "$1/logs/node.log" "QEMU said:"; fi
}

# Returns when the API server says that the node is Ready; fails when the node ends or the time is over.
node_await_ready() { # RUN SECONDS
  local run=$1 seconds=$2 node=node/$CONTROLPLANE_NODE_NAME pid waiter guard ended=
  pid=$(process_pid "$run" node) || {
    node_blame_end "$run"
    return 1
  }
  {
    controlplane_kubectl "$run" wait --for=create --timeout="${seconds}s" "$node" &&
      controlplane_kubectl "$run" wait --for=condition=Ready --timeout="${seconds}s" "$node"
  } >"$run/logs/ready.log" 2>&1 &
  waiter=$!
  tail --pid="$pid" -f /dev/null &
  guard=$!
  local status=0
  wait -n -p ended "$waiter" "$guard" || status=$?
  kill "$waiter" "$guard" 2>/dev/null || true
  wait "$waiter" "$guard" 2>/dev/null || true
  if [[ $ended == "$guard" ]]; then
    node_blame_end "$run"
    return 1
  elif ((status != 0)); then
    story_blame "$run/logs/containerd.log" "the node is not Ready: $(tail -n 1 "$run/logs/ready.log")"
    story_blame "$run/logs/kubelet.log" "and kubelet said:"
    return 1
  fi
}

# Runs a command in the node, with its output, input and exit status.
node_run() { # RUN NAMESPACE COMMAND...
  local run=$1 namespace=$2 status=0
  local -a terminal=(-T)
  shift 2
  if (($# == 0)); then
    story_say "what is to run in the node? wanted: a command"
    return 2
  fi
  if [[ -t 0 && -t 1 ]]; then terminal=(-t); fi
  node_ssh "$run" "$namespace" "${terminal[@]}" -- "${*@Q}" || status=$?
  # ssh's own failures have this status as well.
  if ((status == 255)); then
    if process_runs "$run" node; then
      story_say "status 255: the command's own, or the node does not answer; see lab/vsmmu-lab logs"
    else
      node_blame_end "$run"
    fi
  fi
  return "$status"
}

node_require() { # RUN
  process_runs "$1" node || {
    story_say "no node runs; start one with: lab/vsmmu-lab up"
    return 1
  }
}

node_ssh() { # RUN NAMESPACE ARGUMENT...
  local run=$1 namespace=$2
  shift 2
  node_require "$run" || return 1
  # The key of the host is new with every lab, and the link to it is nobody else's.
  nsenter --net="$(network_file "$namespace")" ssh -F none -q -i "$run/ssh/key" -o IdentitiesOnly=yes \
    -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
    -o ConnectTimeout=20 -o ServerAliveInterval=10 -o ServerAliveCountMax=6 \
    "root@$CONTROLPLANE_NODE_ADDRESS" "$@"
}

# Imports the images of OCI tar files into the node's containerd, one after another.
node_load() { # RUN NAMESPACE TAR...
  local run=$1 namespace=$2 tar parcel
  shift 2
  node_require "$run" || return 1
  exec {parcel}>"$run/parcel.lock" && flock "$parcel" || return 1
  for tar in "$@"; do
    node_load_one "$run" "$namespace" "$tar" {parcel}>&- || return 1
  done
  exec {parcel}>&-
}

# Unpacks tar files into a folder of the node, which it makes if there is none.
node_unpack() { # RUN NAMESPACE FOLDER TAR...
  local run=$1 namespace=$2 folder=$3 tar parcel
  shift 3
  node_require "$run" || return 1
  exec {parcel}>"$run/parcel.lock" && flock "$parcel" || return 1
  node_run "$run" "$namespace" mkdir -p "$folder" </dev/null {parcel}>&- || return 1
  for tar in "$@"; do
    [[ -r $tar ]] || {
      story_say "there is no file $tar"
      return 1
    }
    node_deliver "$run" "$namespace" "$tar" tar -x -C "$folder" {parcel}>&- || {
      story_say "$tar could not be unpacked in the node"
      return 1
    }
  done
  exec {parcel}>&-
}

# Runs a command in the node with a file as its input; for files that are too large for the node's command line.
# The caller holds RUN/parcel.lock.
node_deliver() { # RUN NAMESPACE FILE COMMAND...
  local run=$1 namespace=$2 file=$3 bytes status=0
  shift 3
  bytes=$(stat --dereference --format %s "$file") || return 1
  if ((bytes > node_parcel_bytes)); then
    story_say "$file is too large for the node: it has $bytes bytes, and at most $node_parcel_bytes go in"
    return 1
  fi
  dd if="$file" of="$run/parcel.img" bs=4M conv=notrunc status=none || return 1
  # The node may remember what was there before.
  # shellcheck disable=SC2016 # for the node's shell
  node_run "$run" "$namespace" sh -c \
    'set -o pipefail
     bytes=$1
     shift
     blockdev --flushbufs /dev/vdb &&
       dd if=/dev/vdb bs=1M iflag=count_bytes,fullblock count="$bytes" 2>/dev/null | "$@" 2>&1' \
    deliver "$bytes" "$@" </dev/null || status=$?
  truncate -s 0 "$run/parcel.img" && truncate -s "$node_parcel_bytes" "$run/parcel.img" && return "$status"
}

node_load_one() { # RUN NAMESPACE TAR
  local run=$1 namespace=$2 tar=$3 bytes started=$SECONDS
  [[ -r $tar ]] || {
    story_say "there is no image $tar"
    return 1
  }
  node_pack_parcel "$run" "$namespace" "$tar" || return 1
  bytes=$(stat --format %s "$run/parcel.part") || return 1
  # ctr takes a third of the time with --local: the image does not go through its streams twice.
  node_deliver "$run" "$namespace" "$run/parcel.part" ctr -n k8s.io images import --local - >"$run/logs/load.log" || {
    story_blame "$run/logs/load.log" "$tar could not be imported into the node's containerd"
    return 1
  }
  rm "$run/parcel.part"
  story_say "loaded $(sed -nE 's/^unpacking ([^ ]+) .*/\1/p' "$run/logs/load.log" | tr '\n' ' ')($((bytes >> 20)) MB were new) in $((SECONDS - started)) s"
}

# Writes an image to RUN/parcel.part, without the blobs that the node has: a layer that did not change costs nothing.
node_pack_parcel() { # RUN NAMESPACE TAR
  local run=$1 tar=$3 there
  local -a known=()
  there=$(node_run "$run" "$2" ctr -n k8s.io content ls -q </dev/null) || {
    story_say "the node's containerd does not say what it has; see lab/vsmmu-lab logs containerd"
    return 1
  }
  mapfile -t known < <(comm -12 <(sort <<<"${there//sha256:/blobs/sha256/}") <(tar --list --file "$tar" | sort))
  if ((${#known[@]} > 0)); then
    tar --delete --file - -- "${known[@]}" <"$tar" >"$run/parcel.part"
  else
    cp "$tar" "$run/parcel.part"
  fi
}

node_stop() { # RUN
  process_stop "$1" node 5
}
