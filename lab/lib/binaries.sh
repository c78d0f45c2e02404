# shellcheck shell=bash
# The programs of the control plane and of the node: where they are, and how they are built.
#
# Every program is built from the Go module proxy. lab/controlplane/MODULE/go.mod and go.sum pin it with
# all that goes into it; a new version is one changed line there. What is built stays in the cache:
#
#   controlplane/bin/NAME-VERSION-ARCH-KEY   a program; KEY is the hash of go.mod, go.sum and the flags
#   controlplane/sets/SET-KEY/NAME           links to the programs of a set, in one folder
#   controlplane/go/                         Go's own caches, until a build is complete
#
# The Go toolchain is not part of KEY: go.mod names the language version, and a patch release of the
# compiler is no reason to build for a quarter of an hour, nor its absence one to forget what is built.
#
# Where a program comes from, first match wins:
#   1. KUBEBUILDER_ASSETS, if it has the program (sets tests and demo only)
#   2. the cache
#   3. PATH, if its version suits (sets tests and demo only; see binaries_version_suits)
#   4. a build
# The sets lab, node and simulated never use programs from elsewhere: kubelet, kube-controller-manager and
# kube-scheduler must not be newer than kube-apiserver.
#
# Sourced; needs story.sh, progress.sh. Every return has its status: in a trap, a bare "return" returns
# the status from before the trap.

binaries_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly binaries_here
readonly binaries_modules=$binaries_here/../controlplane
readonly binaries_tools=$binaries_here/../../tools
readonly binaries_cache=${VSMMU_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vsmmu}/controlplane

# Program -> the folder of its Go module, its package, and the seconds that a build takes on two cores
# when its set is built in order (a later program finds most of its packages compiled).
declare -rA BINARIES_PROGRAMS=(
  [etcd]="etcd go.etcd.io/etcd/server/v3 60"
  [kube-apiserver]="kubernetes k8s.io/kubernetes/cmd/kube-apiserver 300"
  [kubectl]="kubernetes k8s.io/kubernetes/cmd/kubectl 35"
  [kube-controller-manager]="kubernetes k8s.io/kubernetes/cmd/kube-controller-manager 60"
  [kube-scheduler]="kubernetes k8s.io/kubernetes/cmd/kube-scheduler 25"
  [kubelet]="kubernetes k8s.io/kubernetes/cmd/kubelet 300"
  [containerd]="containerd github.com/containerd/containerd/v2/cmd/containerd 60"
  [containerd-shim-runc-v2]="containerd github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2 10"
  [ctr]="containerd github.com/containerd/containerd/v2/cmd/ctr 15"
  [ptp]="cni-plugins github.com/containernetworking/plugins/plugins/main/ptp 10"
  [loopback]="cni-plugins github.com/containernetworking/plugins/plugins/main/loopback 5"
  [helm]="helm helm.sh/helm/v4/cmd/helm 120"
  [host-local]="cni-plugins github.com/containernetworking/plugins/plugins/ipam/host-local 5"
)

# The node under QEMU is arm64 on every machine; everything else, the simulated node too, runs on the machine itself.
declare -rA BINARIES_SETS=(
  [demo]="etcd kube-apiserver"
  [tests]="etcd kube-apiserver kubectl helm"
  [lab]="etcd kube-apiserver kubectl kube-controller-manager kube-scheduler"
  [node]="kubelet containerd containerd-shim-runc-v2 ctr ptp loopback host-local"
  [simulated]="kubelet containerd containerd-shim-runc-v2 ctr ptp loopback host-local"
)

# Prints the folder that holds the programs of each SET (demo, tests, lab, node, simulated), one line per set, and
# builds first what is missing. Sets named together share one build.
controlplane_binaries() { # SET...
  local set missing
  binaries_check_sets "$@" || return 1
  missing=$(binaries_missing "$@") || return 1
  if [[ -n $missing ]]; then
    # shellcheck disable=SC2086 # a list of NAME:ARCH, without spaces in them
    binaries_build $missing || return 1
  fi
  for set in "$@"; do
    binaries_link_set "$set" || return 1
  done
}

# Prints the path of one program as the set SET has it (default: lab), and builds it first if it is missing.
controlplane_binary() { # NAME [SET]
  local name=$1 set=${2:-lab} arch
  binaries_check_sets "$set" || return 1
  if [[ " ${BINARIES_SETS[$set]} " != *" $name "* ]]; then
    story_say "the set '$set' has no program '$name' (it has: ${BINARIES_SETS[$set]})"
    return 2
  fi
  arch=$(binaries_set_arch "$set") || return 1
  binaries_find "$name" "$arch" "$set" && return 0
  binaries_build "$name:$arch" || return 1
  binaries_find "$name" "$arch" "$set"
}

# Prints the version that go.mod pins for the module of a program, such as v1.37.2.
controlplane_version() { # NAME
  local module package root
  read -r module package _ <<<"${BINARIES_PROGRAMS[$1]}"
  # The module is the longest required path that the package's path starts with.
  while read -r root version; do
    if [[ $package/ == "$root"/* ]]; then
      printf '%s\n' "$version"
      return 0
    fi
  done < <(sed -nE 's/^(require[[:space:]]+|\t)([^ ]+) (v[^ ]+)( .*)?$/\2 \3/p' "$binaries_modules/$module/go.mod" | sort -r)
  story_say "$binaries_modules/$module/go.mod requires no module that holds $package"
  return 1
}

binaries_check_sets() { # SET...
  local set
  for set in "$@"; do
    if [[ -z ${BINARIES_SETS[$set]:-} ]]; then
      story_say "unknown set '$set' (known: demo tests lab node simulated)"
      return 2
    fi
  done
}

binaries_host_arch() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *)
      story_say "no Go architecture known for $(uname -m)"
      return 1
      ;;
  esac
}

binaries_set_arch() { # SET
  if [[ $1 == node ]]; then echo arm64; else binaries_host_arch; fi
}

binaries_tags() { # NAME
  case ${BINARIES_PROGRAMS[$1]} in
    # Snapshotters that need C libraries or devices that the node does not have.
    containerd\ *) echo no_btrfs,no_devmapper,no_zfs ;;
  esac
}

binaries_linker_flags() { # NAME
  local version
  version=$(controlplane_version "$1") || return 1
  case ${BINARIES_PROGRAMS[$1]} in
    kubernetes\ *)
      # Without a version the server calls itself v0.0.0-master, which clients do not understand.
      local package=k8s.io/component-base/version major minor
      IFS=. read -r major minor _ <<<"${version#v}"
      echo "-s -w -X $package.gitVersion=$version -X $package.gitMajor=$major -X $package.gitMinor=$minor"
      ;;
    containerd\ *) echo "-s -w -X github.com/containerd/containerd/v2/version.Version=$version" ;;
    helm\ *) echo "-s -w -X helm.sh/helm/v4/internal/version.version=$version" ;;
    cni-plugins\ *)
      echo "-s -w -X github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=$version"
      ;;
    *) echo "-s -w" ;;
  esac
}

# Prints where the cache keeps a program, built or not.
binaries_cached_path() { # NAME ARCH
  local name=$1 arch=$2 module package version flags key
  read -r module package _ <<<"${BINARIES_PROGRAMS[$name]}"
  version=$(controlplane_version "$name") || return 1
  flags=$(binaries_linker_flags "$name") || return 1
  key=$({
    cat "$binaries_modules/$module/go.mod" "$binaries_modules/$module/go.sum"
    printf '%s\n' "$package" "$arch" "$flags" "$(binaries_tags "$name")" CGO_ENABLED=0 -trimpath
  } | sha256sum) || return 1
  printf '%s\n' "$binaries_cache/bin/$name-$version-$arch-${key:0:16}"
}

# Prints the path of a program if it can be had without a build, else fails.
binaries_find() { # NAME ARCH SET
  local name=$1 arch=$2 set=$3 cached
  if [[ $set == demo || $set == tests ]] && [[ -n ${KUBEBUILDER_ASSETS:-} && -x $KUBEBUILDER_ASSETS/$name ]]; then
    realpath "$KUBEBUILDER_ASSETS/$name"
    return 0
  fi
  cached=$(binaries_cached_path "$name" "$arch") || return 1
  if [[ -x $cached ]]; then
    printf '%s\n' "$cached"
    return 0
  fi
  if [[ $set == demo || $set == tests ]]; then
    local on_path
    on_path=$(command -v "$name") || return 1
    binaries_version_suits "$name" "$on_path" || return 1
    realpath "$on_path"
    return 0
  fi
  return 1
}

# A program on PATH suits if its minor version is at most one away from the pinned one: the distance that
# Kubernetes supports between kubectl and kube-apiserver.
binaries_version_suits() { # NAME PATH
  local name=$1 path=$2 pinned have major minor
  pinned=$(controlplane_version "$name") || return 1
  case $name in
    kubectl) have=$("$path" version --client 2>/dev/null) || return 1 ;;
    helm) have=$("$path" version --short 2>/dev/null) || return 1 ;;
    *) have=$("$path" --version 2>/dev/null) || return 1 ;;
  esac
  [[ $have =~ ([0-9]+)\.([0-9]+)\.[0-9]+ ]] || return 1
  major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
  [[ $pinned =~ ^v([0-9]+)\.([0-9]+)\. ]] || return 1
  ((major == BASH_REMATCH[1] && minor - BASH_REMATCH[2] <= 1 && BASH_REMATCH[2] - minor <= 1))
}

# Prints NAME:ARCH of every program of the sets that has to be built, in the order of the sets.
binaries_missing() { # SET...
  local set arch name
  local -A seen=()
  for set in "$@"; do
    arch=$(binaries_set_arch "$set") || return 1
    for name in ${BINARIES_SETS[$set]}; do
      if [[ -z ${seen[$name:$arch]:-} ]] && ! binaries_find "$name" "$arch" "$set" >/dev/null; then
        printf '%s\n' "$name:$arch"
        seen[$name:$arch]=1
      fi
    done
  done
}

# Prints a folder with a link to each program of a set. Its name follows what it links to, so that a
# folder never changes under a process that uses it.
binaries_link_set() { # SET
  local set=$1 arch name path part folder key
  local -A paths=()
  arch=$(binaries_set_arch "$set") || return 1
  for name in ${BINARIES_SETS[$set]}; do
    path=$(binaries_find "$name" "$arch" "$set") || {
      story_say "$name ($arch) is neither cached nor on PATH after the build"
      return 1
    }
    paths[$name]=$path
  done
  key=$(for name in ${BINARIES_SETS[$set]}; do printf '%s\n' "${paths[$name]}"; done | sha256sum)
  folder=$binaries_cache/sets/$set-${key:0:16}
  if [[ ! -d $folder ]]; then
    mkdir -p "$binaries_cache/sets"
    part=$(mktemp -d "$binaries_cache/sets/part.XXXXXX") || return 1
    chmod 755 "$part"
    for name in "${!paths[@]}"; do
      ln -s "${paths[$name]}" "$part/$name" || return 1
    done
    # Somebody else may have been quicker; the same name means the same links.
    mv -T "$part" "$folder" 2>/dev/null || rm -rf "$part"
  fi
  printf '%s\n' "$folder"
}

# Prints a Go that can build the modules, installing one where that is possible.
binaries_go() {
  local candidate
  for _ in 1 2; do
    for candidate in "$(command -v go)" /usr/local/go/bin/go /usr/lib/go-*/bin/go /usr/lib/golang/bin/go \
      "$HOME"/sdk/go*/bin/go; do
      # An old Go that may not fetch a newer toolchain fails inside the module.
      if [[ -x $candidate ]] && (cd "$binaries_modules/kubernetes" && "$candidate" env GOVERSION) >/dev/null 2>&1; then
        printf '%s\n' "$candidate"
        return 0
      fi
    done
    "$binaries_tools/prerequisites" go >&2 || return 1
  done
  story_say "Go was installed but is in none of the usual folders; put it on PATH"
  return 1
}

# Builds programs into the cache, one after another. Go's caches are removed when all are built; a build
# that was killed finds them again.
#
# Two builds at once share the work: the lock `building` is held for one program, so that each waits only
# for the program that it needs next. The lock `using` is shared by all builds, and the last one to let it
# go removes Go's caches.
binaries_build() { # NAME:ARCH...
  local go work=$binaries_cache/go using item label position=0 started=$SECONDS status=0
  go=$(binaries_go) || return 1
  mkdir -p "$binaries_cache/bin" || return 1
  exec {using}>"$binaries_cache/using.lock" || return 1
  flock --shared "$using" || return 1
  mkdir -p "$work"
  for item in "$@"; do
    position=$((position + 1))
    label="[$position/$#]"
    binaries_build_one "$go" "$work" "${item%:*}" "${item#*:}" "$label" || status=1
    ((status == 0)) || break
  done
  if ((status == 0)); then
    if flock --unlock "$using" && flock --exclusive --nonblock "$using"; then
      binaries_remove_go_caches "$work" || status=1
    fi
    story_say "complete after $(story_duration $((SECONDS - started))): $binaries_cache/bin"
  fi
  exec {using}>&-
  return "$status"
}

binaries_build_one() { # GO WORK NAME ARCH LABEL
  local go=$1 work=$2 name=$3 arch=$4 label=$5 target part building status=0
  target=$(binaries_cached_path "$name" "$arch") || return 1
  part=$binaries_cache/bin/part.$name-$arch
  exec {building}>"$binaries_cache/building.lock" || return 1
  if ! flock --nonblock "$building"; then
    story_say "$label $name ($arch): waiting for another build"
    flock "$building" || return 1
  fi
  if [[ ! -x $target ]]; then
    rm -f "$part"
    binaries_compile "$go" "$work" "$name" "$arch" "$part" "$label" && mv "$part" "$target" || status=1
  fi
  exec {building}>&-
  return "$status"
}

# Removes by renaming first: a half-removed module cache would look whole to the next build.
binaries_remove_go_caches() { # WORK
  local removed
  rm -rf "$binaries_cache"/removed.*
  removed=$(mktemp -d "$binaries_cache/removed.XXXXXX") || return 1
  if [[ -d $1 ]]; then mv "$1" "$removed/" || return 1; fi
  rm -rf "$removed"
}

# Compiles one program. What Go's build cache has is remembered, so that what is left can be told also after
# a killed build: WORK/compiled.ARCH has the packages, with their versions, of the programs that are built,
# and the program's log those that this one has compiled so far.
binaries_compile() { # GO WORK NAME ARCH OUTPUT LABEL
  local go=$1 work=$2 name=$3 arch=$4 output=$5 title=$6
  local module package usual version flags tags modules left pause
  read -r module package usual <<<"${BINARIES_PROGRAMS[$name]}"
  version=$(controlplane_version "$name") || return 1
  flags=$(binaries_linker_flags "$name") || return 1
  tags=$(binaries_tags "$name")
  title+=" $name $version ($arch)"
  local compiled=$work/compiled.$arch list=$work/$name-$arch.list log=$work/$name-$arch.log
  # The user's GOFLAGS could ask for a vendor folder; a read-only module cache could not be removed.
  local -a in_module=(env -C "$binaries_modules/$module" GOOS=linux GOARCH="$arch" CGO_ENABLED=0 GOWORK=off
    GOCACHE="$work/build" GOMODCACHE="$work/mod" GOFLAGS="-mod=readonly -modcacherw")
  modules=$(grep -vc '/go.mod h1:' "$binaries_modules/$module/go.sum") || return 1
  touch "$compiled" "$log"
  # Go asks for each module once; what it has got by then stays.
  for pause in 5 30 0; do
    : >"$list"
    progress_run "$title, sources: usually 1 min the first time" "$modules" '^go: downloading ' "$list" "${in_module[@]}" \
      "$go" list -deps -tags "$tags" -f 'package {{.ImportPath}} {{with .Module}}{{.Version}}{{end}}' "$package" && break
    ((pause > 0)) || return 1
    story_say "$title: once more in $pause s"
    sleep "$pause"
  done
  left=$(comm -13 <(sort -u "$compiled") <(sed -n 's/^package //p' "$list" | sort -u) | cut -d ' ' -f 1 | grep -vxFc -f "$log") || true
  progress_run "$title, packages: $left to compile, usually $(story_duration "$usual") on two idle cores" "$left" \
    '^[A-Za-z0-9._~/-]+$' "$log" "${in_module[@]}" \
    "$go" build -v -trimpath -tags "$tags" -ldflags "$flags" -o "$output" "$package" || return 1
  sed -n 's/^package //p' "$list" >>"$compiled"
}
