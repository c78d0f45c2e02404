# shellcheck shell=bash
# Writes OCI images (image-spec 1.1) without a daemon. The same files give the same bytes, whoever packs
# them, when, and where.
#
#   oci_layer FOLDER LAYER          packs a folder as a layer, a folder of its own
#   oci_image TAR NAME ...          a whole image of one architecture, as a tar to import into a node
#
#   oci_open LAYOUT                 or in parts; each prints the descriptor of what it added
#   oci_manifest LAYOUT ...         an image of one architecture
#   oci_attach LAYOUT ...           a file that tells of an image (a "referrer")
#   oci_index LAYOUT ...            images of several architectures under one name
#   oci_close LAYOUT TAR ...        the tar
#
# A layer has layer.tar and its digest; oci_compress adds layer.tar.gz and gzip.digest.
#
# Sourced.

# As project.build.outputTimestamp in pom.xml.
readonly oci_created=2026-11-01T00:00:00Z

# Packs FOLDER as the layer LAYER. Modes follow the owner's, whatever umask the files were made with.
oci_layer() { # FOLDER LAYER
  local folder=$1 layer=$2
  mkdir -p "$layer" || return
  # A folder with the sticky bit is meant to be written by all.
  find "$folder" ! -type l ! -perm -1000 -exec chmod u+rwX,go=u-w {} + || return
  oci_tar "$layer/layer.tar" "$folder" . || return
  oci_digest "$layer/layer.tar" >"$layer/digest"
}

# Adds the compressed form to LAYER. Nodes under emulation pay more for it than for the bytes.
oci_compress() { # LAYER
  if [[ -f $1/gzip.digest ]]; then return; fi
  gzip --no-name --best --stdout "$1/layer.tar" >"$1/layer.tar.gz" || return
  oci_digest "$1/layer.tar.gz" >"$1/gzip.digest"
}

# Writes an image of uncompressed layers to the file TAR. CONFIG is the "config" object of an image (Entrypoint,
# User, Labels).
oci_image() { # TAR NAME ARCHITECTURE CONFIG LAYER...
  local tar=$1 name=$2 architecture=$3 config=$4 layout manifest
  shift 4
  layout=$(mktemp -d) || return
  oci_open "$layout" || return
  manifest=$(oci_manifest "$layout" tar "$architecture" "$config" '{}' "$@") || return
  oci_close "$layout" "$tar" "$(oci_named "$name" "$manifest")"
}

oci_open() { mkdir -p "$1/blobs/sha256"; } # LAYOUT

# Adds the image of one architecture. FORM is tar or gzip (after oci_compress).
oci_manifest() { # LAYOUT FORM ARCHITECTURE CONFIG ANNOTATIONS LAYER...
  local layout=$1 form=$2 architecture=$3 config=$4 annotations=$5 layer image manifest
  local type=application/vnd.oci.image.layer.v1.tar file=layer.tar digest=digest
  shift 5
  if [[ $form == gzip ]]; then type+=+gzip file=layer.tar.gz digest=gzip.digest; fi
  local -a layers=() contents=()
  for layer in "$@"; do
    contents+=("$(<"$layer/digest")")
    layers+=("$(oci_blob_of "$layout" "$type" "$layer/$file" "$(<"$layer/$digest")")") || return
  done
  image=$(oci_blob "$layout" application/vnd.oci.image.config.v1+json "$(
    jq -n -c -S --arg created "$oci_created" --arg architecture "$architecture" --argjson config "$config" \
      '{created: $created, architecture: $architecture, os: "linux", config: $config,
        rootfs: {type: "layers", diff_ids: $ARGS.positional}}' --args "${contents[@]/#/sha256:}"
  )") || return
  manifest=$(oci_blob "$layout" application/vnd.oci.image.manifest.v1+json "$(
    jq -n -c -S --argjson config "$image" --argjson annotations "$annotations" \
      '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: $config,
        layers: $ARGS.positional} + if $annotations == {} then {} else {annotations: $annotations} end' \
      --jsonargs "${layers[@]}"
  )") || return
  jq -n -c --argjson manifest "$manifest" --arg architecture "$architecture" \
    '$manifest + {platform: {os: "linux", architecture: $architecture}}'
}

# Adds FILE as an artifact of TYPE that tells of the manifest SUBJECT: registries list it as its referrer.
oci_attach() { # LAYOUT SUBJECT TYPE FILE ANNOTATIONS
  local layout=$1 subject=$2 type=$3 file=$4 annotations=$5 empty blob manifest
  empty=$(oci_blob "$layout" application/vnd.oci.empty.v1+json '{}') || return
  blob=$(oci_blob_of "$layout" "$type" "$file" "$(oci_digest "$file")") || return
  manifest=$(oci_blob "$layout" application/vnd.oci.image.manifest.v1+json "$(
    jq -n -c -S --argjson subject "$subject" --arg type "$type" --argjson empty "$empty" --argjson blob "$blob" \
      --argjson annotations "$annotations" --arg title "${file##*/}" \
      '{schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", artifactType: $type,
        config: $empty, layers: [$blob + {annotations: {"org.opencontainers.image.title": $title}}],
        subject: ($subject | del(.platform)), annotations: $annotations}'
  )") || return
  jq -n -c --argjson manifest "$manifest" --arg type "$type" '$manifest + {artifactType: $type}'
}

# Adds an index of the images of several architectures.
oci_index() { # LAYOUT ANNOTATIONS DESCRIPTOR...
  local layout=$1 annotations=$2
  shift 2
  oci_blob "$layout" application/vnd.oci.image.index.v1+json "$(
    jq -n -c -S --argjson annotations "$annotations" \
      '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: $ARGS.positional,
        annotations: $annotations}' --jsonargs "$@"
  )"
}

# Prints a descriptor with the names by which tools find it in a layout.
oci_named() { # NAME DESCRIPTOR
  jq -n -c --argjson descriptor "$2" --arg name "$1" \
    '$descriptor + {annotations: {"io.containerd.image.name": $name,
      "org.opencontainers.image.ref.name": ($name | sub(".*:"; ""))}}'
}

# Packs a layout whose index lists the descriptors as TAR, and removes it.
oci_close() { # LAYOUT TAR DESCRIPTOR...
  local layout=$1 tar=$2
  shift 2
  jq -n -S '{schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: $ARGS.positional}' \
    --jsonargs "$@" >"$layout/index.json" || return
  echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  oci_tar "$tar.part" "$layout" --dereference --mode=u+rwX,go=u-w oci-layout index.json blobs || return
  rm -rf "$layout"
  mv "$tar.part" "$tar"
}

oci_tar() { # TAR FOLDER ARGUMENT...
  local tar=$1 folder=$2
  shift 2
  tar --create --file "$tar" --directory "$folder" --format=posix --sort=name --numeric-owner --owner=0 --group=0 \
    --mtime="$oci_created" --pax-option=delete=atime,delete=ctime,exthdr.name=%d/PaxHeaders/%f "$@"
}

oci_digest() { sha256sum <"$1" | cut -d ' ' -f 1; } # FILE

# Stores JSON as a blob and prints its descriptor.
oci_blob() { # LAYOUT MEDIA_TYPE JSON
  local file
  file=$(mktemp "$1/part.XXXXXX") || return
  printf '%s' "$3" >"$file" || return
  local digest
  digest=$(oci_digest "$file") || return
  mv "$file" "$1/blobs/sha256/$digest" || return
  oci_descriptor "$2" "$digest" "$1/blobs/sha256/$digest"
}

# Stores a file as a blob, by a link, and prints its descriptor.
oci_blob_of() { # LAYOUT MEDIA_TYPE FILE DIGEST
  ln -sf "$(realpath "$3")" "$1/blobs/sha256/$4" || return
  oci_descriptor "$2" "$4" "$3"
}

oci_descriptor() { # MEDIA_TYPE DIGEST FILE
  jq -n -c --arg type "$1" --arg digest "sha256:$2" --argjson size "$(stat --dereference --format %s "$3")" \
    '{mediaType: $type, digest: $digest, size: $size}'
}
