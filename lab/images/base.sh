# shellcheck shell=bash
# The base of both images, as one layer: glibc, busybox and a Java runtime of the modules that we use, for
# another architecture than the machine's. No program of it runs as a container for that; only the JVM's
# archive of its own classes is made by the JVM itself, under QEMU's user emulation.
#
# Sourced; needs oci.sh, and cache.sh, apt-root.sh, story.sh of lab/lib.

readonly base_suite=trixie
readonly base_java=25
# What the agent and the operator need of the JDK; a missing module is a NoClassDefFoundError at run time,
# which the images' tests would see.
readonly base_modules=java.base,java.compiler,java.instrument,java.logging,java.management,java.naming,java.net.http,java.security.jgss,java.sql,java.xml,jdk.crypto.ec,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs
readonly base_here=${BASH_SOURCE[0]%/*}

# Debian's name of an architecture, its libraries' folder, and QEMU's name of it.
readonly -A base_debian=([arm64]="aarch64-linux-gnu aarch64")

# Prints the folder with the base layer of an architecture; builds it first if it is not cached.
base_layer() { # ARCHITECTURE
  local architecture=$1 key
  local -a inputs=()
  if [[ -z ${base_debian[$architecture]:-} ]]; then
    story_say "no base for the architecture '$architecture' (known: ${!base_debian[*]})"
    return 2
  fi
  local file
  while IFS= read -r file; do inputs+=(-f "$file"); done < <(find "$base_here"/{base,oci}.sh "$base_here/root" -type f | sort)
  key=$(cache_key "$architecture" "${inputs[@]}") || return
  base_architecture=$architecture cache_ensure "image-base-$architecture" "$key" base_build >&2 || return
  cache_path "image-base-$architecture" "$key"
}

base_build() { # WORK OUTPUT LOG
  local work=$1 output=$2 log=$3 libraries machine root=$1/root
  read -r libraries machine <<<"${base_debian[$base_architecture]}"
  rm -rf "$work"/{apt,packages,root,host,host-apt}
  story_say "base image: Java $base_java and glibc of Debian $base_suite for $base_architecture (usually 2 min)"

  apt_root_open "$work/apt" "$base_architecture" "$base_suite" || return
  apt_root_unpack_alone "$work/apt" "$work/packages" "$log" \
    libc6 zlib1g libgcc-s1 libstdc++6 busybox-static "openjdk-$base_java-jdk-headless" || return

  mkdir -p "$root"/{app,dev,etc,proc,run,sys,tmp,usr/bin,usr/lib,usr/share/doc,var}
  chmod 1777 "$root/tmp"
  ln -s usr/bin "$root/bin"
  ln -s usr/bin "$root/sbin"
  ln -s usr/lib "$root/lib"
  base_copy_libraries "$work/packages" "$root" "$libraries" || return
  base_link_java "$work/packages" "$root/usr/lib/jvm" "$log" || return
  base_unpack_emulator "$work" "$log" || return
  local -a emulated=("$work/host/usr/bin/qemu-$machine" -L "$root")
  base_archive_classes "$root/usr/lib/jvm" "$log" "${emulated[@]}" || return
  base_install_busybox "$work/packages" "$root" "${emulated[@]}" || return
  cp -r "$base_here/root/." "$root/" || return
  oci_layer "$root" "$output"
}

base_copy_libraries() { # PACKAGES ROOT LIBRARIES
  local packages=$1 root=$2 folder=usr/lib/$3 package
  mkdir -p "$root/$folder" || return
  cp -P "$packages/$folder"/lib*.so* "$packages/$folder"/ld-*.so* "$root/$folder/" || return
  cp -P "$packages"/usr/lib/ld-*.so* "$root/usr/lib/" || return
  for package in libc6 zlib1g libgcc-s1 libstdc++6 busybox-static "openjdk-$base_java-jdk-headless"; do
    if [[ -f $packages/usr/share/doc/$package/copyright ]]; then
      install -D -m 644 "$packages/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright" || return
    fi
  done
}

# Links the modules of the package with the machine's own jlink: it is written in Java, so that the
# architecture does not matter, but the feature release must be the same.
base_link_java() { # PACKAGES OUTPUT LOG
  local packages=$1 output=$2 log=$3 home have
  home=$("$base_here/../../tools/java-home") || return
  have=$("$home/bin/jlink" --version | cut -d . -f 1)
  if [[ $have != "$base_java" ]]; then
    story_say "$home is a JDK $have; images need jlink of JDK $base_java: set JAVA_HOME to one"
    return 1
  fi
  "$home/bin/jlink" --module-path "$packages"/usr/lib/jvm/java-*/jmods --add-modules "$base_modules" \
    --no-header-files --no-man-pages --output "$output" >>"$log" 2>&1 || {
    story_blame "$log" "jlink failed"
    return 1
  }
  # Debian's modules carry the debugging symbols, six times the rest.
  find "$output" -name '*.debuginfo' -delete
}

base_unpack_emulator() { # WORK LOG
  local work=$1 log=$2
  apt_root_open "$work/host-apt" "$(dpkg --print-architecture)" "$base_suite" || return
  apt_root_unpack_alone "$work/host-apt" "$work/host" "$log" qemu-user
}

# The archive of the JDK's own classes halves the start of a JVM; jlink cannot make another architecture's.
base_archive_classes() { # JAVA LOG EMULATED...
  local java=$1 log=$2
  shift 2
  "$@" "$java/bin/java" -Xshare:dump -XX:+UseSerialGC >>"$log" 2>&1 || {
    story_blame "$log" "the JVM could not archive its classes"
    return 1
  }
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
