# shellcheck shell=bash
# A private apt: packages of another suite or architecture than the machine's own, without touching it.
# Nothing is installed and no script of a package runs: packages are fetched, verified by apt with the
# archive's signature, and unpacked. Works without root.
#
#   apt_root_open DIR arm64 trixie trixie-backports
#   apt_root DIR cache policy qemu-system-arm
#   apt_root_unpack DIR DESTINATION LOG PACKAGE[/SUITE]...
#
# The mirror is the one that the machine's own apt uses, or VSMMU_DEBIAN_MIRROR; that of security updates
# (suites named *-security) likewise, or VSMMU_DEBIAN_SECURITY_MIRROR.
#
# Sourced; needs story.sh.

readonly apt_root_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# Prints the URI of the Debian archive.
apt_root_mirror() {
  local mirror
  mirror=${VSMMU_DEBIAN_MIRROR:-$(apt_root_machines_mirror Debian)}
  if [[ -z $mirror ]]; then
    story_say "no source of this machine's apt is a Debian archive (or its lists were never fetched):" \
      "run apt-get update, or set VSMMU_DEBIAN_MIRROR to the URI of one"
    return 1
  fi
  printf '%s\n' "${mirror%/}"
}

# Prints the URI of Debian's security updates, or nothing: an archive of one's own may have none, or have them in it.
apt_root_security_mirror() {
  local mirror
  mirror=${VSMMU_DEBIAN_SECURITY_MIRROR:-$(apt_root_machines_mirror Debian-Security)}
  printf '%s\n' "${mirror%/}"
}

apt_root_machines_mirror() { # LABEL
  command -v apt-get >/dev/null || return 0
  # shellcheck disable=SC2016 # fields of apt, not variables of the shell
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Identifier: Packages' |
    awk -v label="$1" '$1 == "Debian" && $2 == label && !found { print $3; found = 1 }'
}

# Makes the configuration of a private apt in DIR and fetches the package lists. A package comes from the
# first suite that has it, unless a later one is asked for by name (PACKAGE/SUITE). A suite of security updates and
# the one after it count as one: the newer package wins.
apt_root_open() { # DIR ARCHITECTURE SUITE...
  local dir=$1 architecture=$2 mirror security suite source priority=900
  shift 2
  mirror=$(apt_root_mirror) || return
  security=$(apt_root_security_mirror) || return
  if [[ ! -r $apt_root_keyring ]]; then
    story_say "$apt_root_keyring is missing: install the package debian-archive-keyring"
    return 1
  fi
  dir=$(realpath -m "$dir")
  mkdir -p "$dir/lists/partial" "$dir/archives/partial" "$dir/empty" || return
  : >"$dir/status"
  : >"$dir/sources.list"
  : >"$dir/preferences"
  for suite in "$@"; do
    source=$mirror
    if [[ $suite == *-security ]]; then source=$security; fi
    if [[ -z $source ]]; then
      story_say "no source of this machine's apt has security updates: going on without $suite" \
        "(VSMMU_DEBIAN_SECURITY_MIRROR names one)"
      continue
    fi
    echo "deb [signed-by=$apt_root_keyring] $source $suite main" >>"$dir/sources.list"
    printf 'Package: *\nPin: release n=%s\nPin-Priority: %d\n\n' "$suite" "$priority" >>"$dir/preferences"
    [[ $suite == *-security ]] || priority=$((priority - 100))
  done
  # The hooks of the machine's own apt would clean up its archives, under the feet of another apt.
  cat >"$dir/apt.conf" <<END
#clear APT::Architectures;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Sandbox::User "";
Acquire::Check-Valid-Until "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Languages { "none"; };
Acquire::Retries "3";
Dir::State::status "$dir/status";
Dir::State::lists "$dir/lists";
Dir::State::extended_states "$dir/extended_states";
Dir::Cache "$dir";
Dir::Cache::archives "$dir/archives";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "$dir/empty";
Dir::Etc::preferences "$dir/preferences";
Dir::Etc::preferencesparts "$dir/empty";
END
  apt_root_update "$dir" || {
    story_say "the package lists of $* ($architecture) could not be fetched; see above"
    return 1
  }
}

# Fetches the package lists; without any at hand, again when the archive is just being filled or does not answer.
apt_root_update() { # DIR
  local pause
  for pause in 10 30 0; do
    apt_root "$1" get --error-on=any -qq update >&2 && return
    if ((pause == 0)) || [[ -n $(find "$1/lists" -name '*_Packages*' -print -quit) ]]; then return 1; fi
    story_say "the package lists could not be fetched; once more in $pause s"
    sleep "$pause"
  done
}

# Runs apt-get, apt-cache or apt-mark (TOOL without "apt-") on a private root.
apt_root() { # DIR TOOL ARGUMENT...
  local dir=$1 tool=$2
  shift 2
  "apt-$tool" -c "$dir/apt.conf" "$@"
}

# Prints the version of a package that would be taken.
apt_root_version() { # DIR PACKAGE
  apt_root "$1" cache policy "$2" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2; found = 1 } END { exit !found }'
}

# Fetches packages with all that they depend on and unpacks them into DESTINATION, in the merged /usr
# layout.
apt_root_unpack() { # DIR DESTINATION LOG PACKAGE[/SUITE]...
  local dir=$1 destination=$2 log=$3
  shift 3
  rm -f "$dir"/archives/*.deb
  apt_root "$dir" get --yes --no-install-recommends --download-only install "$@" >>"$log" 2>&1 || {
    story_blame "$log" "packages could not be fetched: $*"
    return 1
  }
  apt_root_unpack_archives "$dir" "$destination"
}

# Fetches only the named packages, not what they depend on.
apt_root_unpack_alone() { # DIR DESTINATION LOG PACKAGE[/SUITE]...
  local dir=$1 destination=$2 log=$3
  shift 3
  rm -f "$dir"/archives/*.deb
  (cd "$dir/archives" && apt_root "$dir" get download "$@") >>"$log" 2>&1 || {
    story_blame "$log" "packages could not be fetched: $*"
    return 1
  }
  apt_root_unpack_archives "$dir" "$destination"
}

apt_root_unpack_archives() { # DIR DESTINATION
  local dir=$1 destination=$2 deb link
  mkdir -p "$destination/usr"
  # Packages of a merged system ship nothing in /bin and its like; others do, through these links.
  for link in bin sbin lib lib64; do
    mkdir -p "$destination/usr/$link"
    [[ -e $destination/$link ]] || ln -s "usr/$link" "$destination/$link" || return
  done
  for deb in "$dir"/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$destination" --keep-directory-symlink --no-same-owner || return
    rm "$deb"
  done
}
