# shellcheck shell=bash
# Writes OCI images (image-spec 1.1) as tar files, without a daemon. The same files give the same bytes.
# Layers are not compressed: the lab's node would pay for it under emulation.
#
# Sourced.

readonly oci_created=2026-11-01T00:00:00Z

# Packs FOLDER as a layer: OUTPUT/layer.tar, and OUTPUT/digest with its sha256.
oci_layer() { # FOLDER OUTPUT
  local folder=$1 output=$2
  mkdir -p "$output" || return
  tar --create --file "$output/layer.tar" --directory "$folder" --format=posix --sort=name \
    --pax-option=delete=atime,delete=ctime --mtime="$oci_created" --owner=0 --group=0 --numeric-owner . || return
  sha256sum <"$output/layer.tar" | cut -d ' ' -f 1 >"$output/digest"
}

# Writes an image to the file TAR. CONFIG is the "config" object of an image (Entrypoint, User, Labels).
oci_image() { # TAR NAME ARCHITECTURE CONFIG LAYER_FOLDER...
  local tar=$1 name=$2 architecture=$3 config=$4 layout layer
  shift 4
  layout=$(mktemp -d) || return
  mkdir -p "$layout/blobs/sha256"
  local -a layers=() digests=()
  for layer in "$@"; do
    local digest
    digest=$(<"$layer/digest")
    ln -s "$(realpath "$layer/layer.tar")" "$layout/blobs/sha256/$digest" || return
    digests+=("sha256:$digest")
    layers+=("$(oci_descriptor application/vnd.oci.image.layer.v1.tar "$digest" "$layer/layer.tar")")
  done

  local image manifest
  image=$(oci_blob "$layout" application/vnd.oci.image.config.v1+json "$(
    jq -n -S --arg created "$oci_created" --arg architecture "$architecture" --argjson config "$config" \
      '{created: $created, architecture: $architecture, os: "linux", config: $config,
        rootfs: {type: "layers", diff_ids: $ARGS.positional}}' --args "${digests[@]}"
  )") || return
  manifest=$(oci_blob "$layout" application/vnd.oci.image.manifest.v1+json "$(
    jq -n -S --argjson config "$image" \
      '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config,
        layers: $ARGS.positional}' --jsonargs "${layers[@]}"
  )") || return
  jq -n -S --argjson manifest "$manifest" --arg name "$name" --arg architecture "$architecture" \
    '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [$manifest + {platform: {os: "linux", architecture: $architecture},
        annotations: {"io.containerd.image.name": $name, "org.opencontainers.image.ref.name": ($name | sub(".*:"; ""))}}]}' \
    >"$layout/index.json" || return
  echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"

  tar --create --file "$tar.part" --directory "$layout" --dereference --format=posix --sort=name \
    --pax-option=delete=atime,delete=ctime --mtime="$oci_created" --owner=0 --group=0 --numeric-owner --mode=a+rX,u+w,go-w \
    oci-layout index.json blobs || return
  rm -rf "$layout"
  mv "$tar.part" "$tar"
}

# Stores JSON as a blob and prints its descriptor.
oci_blob() { # LAYOUT MEDIA_TYPE JSON
  local layout=$1 type=$2 json=$3 digest
  digest=$(printf '%s' "$json" | sha256sum | cut -d ' ' -f 1)
  printf '%s' "$json" >"$layout/blobs/sha256/$digest" || return
  oci_descriptor "$type" "$digest" "$layout/blobs/sha256/$digest"
}

oci_descriptor() { # MEDIA_TYPE DIGEST FILE
  jq -n -c --arg type "$1" --arg digest "sha256:$2" --argjson size "$(stat --dereference --format %s "$3")" \
    '{mediaType: $type, digest: $digest, size: $size}'
}
