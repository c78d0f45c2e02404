# shellcheck shell=bash
# The base of both images, as one layer: glibc, busybox and a Java runtime of the modules that we use, for
# any architecture that Debian and QEMU know. No program of it runs as a container for that; only the JVM's
# archive of its own classes is made by the JVM itself, under QEMU's user emulation.
#
# Sourced; needs oci.sh, and cache.sh, apt-root.sh, story.sh of lab/lib.
# shellcheck disable=SC2154 # cache_folder is cache.sh's; base_versions and base_jdk are given to base_build

readonly base_suites=(trixie-security trixie)
readonly base_java=25
readonly base_packages=(libc6 zlib1g libgcc-s1 libstdc++6 busybox-static "openjdk-$base_java-jdk-headless")
# What the agent and the operator need of the JDK; a missing module is a NoClassDefFoundError at run time,
# which the images' tests would see.
readonly base_modules=java.base,java.compiler,java.instrument,java.logging,java.management,java.naming,java.net.http,java.security.jgss,java.sql,java.xml,jdk.crypto.ec,jdk.httpserver,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs
readonly base_here=${BASH_SOURCE[0]%/*}

readonly base_java_path_length=240

# Debian's name of an architecture's libraries, and QEMU's name of it.
readonly -A base_debian=([amd64]="x86_64-linux-gnu x86_64" [arm64]="aarch64-linux-gnu aarch64")

# Prints the folder with the base layer of an architecture, and packages: NAME VERSION of all that went in.
# Builds it first if it is not cached for the packages that the archive has now.
base_layer() { # ARCHITECTURE
  local architecture=$1 file versions java key lock
  local -a inputs=()
  base_check "$architecture" || return
  while IFS= read -r file; do inputs+=(-f "$file"); done < <(find "$base_here"/{base,oci}.sh "$base_here/base" -type f | sort)
  java=$("$base_here/../tools/java-home") || return
  mkdir -p "$cache_folder"
  exec {lock}>"$cache_folder/image-base-$architecture.packages.lock" || return
  flock "$lock" || return
  versions=$(base_versions "$architecture") || return
  # The linker is the machine's own: see base_link_java.
  key=$(cache_key "$architecture" "$versions" -f "$java/release" "${inputs[@]}") || return
  base_architecture=$architecture base_versions=$versions base_jdk=$java \
    cache_ensure "image-base-$architecture" "$key" base_build {lock}>&- >&2 || return
  exec {lock}>&-
  cache_path "image-base-$architecture" "$key"
}

base_check() { # ARCHITECTURE
  if [[ -z ${base_debian[$1]:-} ]]; then
    story_say "no base for the architecture '$1' (known: ${!base_debian[*]})"
    return 2
  fi
}

# Prints NAME VERSION of the packages, as the archive has them now; without the archive, as it had them last.
base_versions() { # ARCHITECTURE
  local apt=$cache_folder/image-apt-$1
  if ! apt_root_open "$apt" "$1" "${base_suites[@]}"; then
    [[ -n $(find "$apt/lists" -name '*_Packages*' -print -quit 2>/dev/null) ]] || return 1
    story_say "base image: going on with the package lists of $(date -r "$apt/lists" '+%F %R')"
  fi
  apt_root "$apt" cache policy "${base_packages[@]}" | base_candidates || {
    story_say "base image: the archive lacks one of ${base_packages[*]} for $1"
    return 1
  }
}

# From what apt-cache policy prints to NAME VERSION; fails when a package has no candidate.
base_candidates() {
  awk -v wanted="${#base_packages[@]}" '
    /^[^ ]/ { name = $1; sub(/:$/, "", name) }
    $1 == "Candidate:" && $2 != "(none)" { print name, $2; found++ }
    END { exit found != wanted }' | LC_ALL=C sort
}

base_build() { # WORK OUTPUT LOG
  local work=$1 output=$2 log=$3 libraries machine root=$1/root
  read -r libraries machine <<<"${base_debian[$base_architecture]}"
  rm -rf "$work"/{packages,root,host}
  story_say "base image: Java $base_java and glibc of Debian ${base_suites[-1]} for $base_architecture (usually 2 min)"

  local -a exact=()
  mapfile -t exact <<<"${base_versions// /=}"
  apt_root_unpack_alone "$cache_folder/image-apt-$base_architecture" "$work/packages" "$log" "${exact[@]}" || return

  mkdir -p "$root"/{app,dev,etc,proc,run,sys,tmp,usr/bin,usr/lib,usr/lib64,usr/share/doc,var}
  chmod 1777 "$root/tmp"
  ln -s usr/bin "$root/bin"
  ln -s usr/bin "$root/sbin"
  ln -s usr/lib "$root/lib"
  ln -s usr/lib64 "$root/lib64"
  base_copy_libraries "$work/packages" "$root" "$libraries" || return
  base_link_java "$work/packages" "$root/usr/lib/jvm" "$log" || return
  base_unpack_emulator "$work" "$log" || return
  local -a emulated=("$work/host/usr/bin/qemu-$machine" -L "$root")
  base_archive_classes "$root/usr/lib/jvm" "$log" "${emulated[@]}" || return
  base_install_busybox "$work/packages" "$root" "${emulated[@]}" || return
  cp -r "$base_here/base/." "$root/" || return
  oci_layer "$root" "$output" && oci_compress "$output" || return
  printf '%s\n' "$base_versions" >"$output/packages"
}

base_copy_libraries() { # PACKAGES ROOT LIBRARIES
  local packages=$1 root=$2 folder=usr/lib/$3 package
  mkdir -p "$root/$folder" || return
  cp -P "$packages/$folder"/lib*.so* "$packages/$folder"/ld-*.so* "$root/$folder/" || return
  # The loader has a fixed place: /lib on arm64, /lib64 on amd64.
  find "$packages"/usr/lib "$packages"/usr/lib64 -maxdepth 1 -name 'ld-*.so*' -printf '%P %h\n' |
    while read -r loader from; do cp -P "$from/$loader" "$root/usr/${from##*/}/" || return; done || return
  for package in "${base_packages[@]}"; do
    if [[ -f $packages/usr/share/doc/$package/copyright ]]; then
      install -D -m 644 "$packages/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright" || return
    fi
  done
}

# Links the modules of the package with the machine's own jlink: it is written in Java, so that the
# architecture does not matter, but the feature release must be the same.
base_link_java() { # PACKAGES OUTPUT LOG
  local packages=$1 output=$2 log=$3 have
  have=$("$base_jdk/bin/jlink" --version | cut -d . -f 1)
  if [[ $have != "$base_java" ]]; then
    story_say "$base_jdk is a JDK $have; images need jlink of JDK $base_java: set JAVA_HOME to one"
    return 1
  fi
  "$base_jdk/bin/jlink" --module-path "$packages"/usr/lib/jvm/java-*/jmods --add-modules "$base_modules" \
    --no-header-files --no-man-pages --output "$output" >>"$log" 2>&1 || {
    story_blame "$log" "jlink failed"
    return 1
  }
  # Debian's modules carry the debugging symbols, six times the rest.
  find "$output" -name '*.debuginfo' -delete
}

base_unpack_emulator() { # WORK LOG
  local work=$1 log=$2
  rm -rf "$work/host-apt"
  apt_root_open "$work/host-apt" "$(dpkg --print-architecture)" "${base_suites[@]}" || return
  apt_root_unpack_alone "$work/host-apt" "$work/host" "$log" qemu-user
}

# The archive of the JDK's own classes halves the start of a JVM; jlink cannot make another architecture's. Its
# bytes depend on the size of the heap, which unless given follows the machine's memory, and on the length of the
# path that Java runs from: both are fixed here.
base_archive_classes() { # JAVA LOG EMULATED...
  local java=$1 log=$2 home=$1. status=0
  shift 2
  local -i missing=$((base_java_path_length - ${#home}))
  if ((missing < 0)); then
    story_say "the path $home is longer than $base_java_path_length: let VSMMU_CACHE name a shorter one"
    return 1
  fi
  home+=$(printf '%*s' "$missing" '' | tr ' ' x)
  mv "$java" "$home" || return
  env -i "$@" "$home/bin/java" -Xshare:dump -XX:+UseSerialGC -Xint -Xmx128m >>"$log" 2>&1 || {
    story_blame "$log" "the JVM could not archive its classes"
    status=1
  }
  mv "$home" "$java" || return
  return "$status"
}

base_install_busybox() { # PACKAGES ROOT EMULATED...
  local packages=$1 root=$2 applet
  shift 2
  cp "$packages/usr/bin/busybox" "$root/usr/bin/busybox" || return
  while IFS= read -r applet; do
    [[ $applet == busybox ]] || ln -s busybox "$root/usr/bin/$applet" || return
  done < <("$@" "$root/usr/bin/busybox" --list)
  [[ -L $root/usr/bin/sh ]]
}
