# shellcheck shell=bash
# The agent's image for the simulated node: the agent's own, told by a script in front of it that the hardware is
# simulated. It has the same name, so that nothing else in the cluster differs.
#
# Sourced; needs story.sh, cache.sh, apt-root.sh of lab/lib, and oci.sh, base.sh of images.

simulated_image_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly simulated_image_here
readonly simulated_image_top=$simulated_image_here/../..

# Builds the images of the simulated node and prints their tars.
simulated_images_build() { # WORK
  local work=$1 architecture base built=$1/images agent
  architecture=$(dpkg --print-architecture)
  # A folder of its own: the layers are read after the build has ended, and another build may begin then.
  agent=$work/target/device-plugin-$architecture
  mkdir -p "$work" || return
  VSMMU_IMAGES=$work/target "$simulated_image_top/images/build" --architecture "$architecture" device-plugin operator >"$built" || return
  base=$(base_layer "$architecture") || return
  rm -rf "$work/layer"
  oci_layer "$simulated_image_here/image" "$work/layer" || return
  oci_image "$work/agent.tar" "$(simulated_image_name "$(head -n 1 "$built")")" "$architecture" \
    '{"Entrypoint": ["/usr/bin/vsmmu-simulated"], "WorkingDir": "/", "User": "0:0",
      "Env": ["PATH=/usr/bin:/usr/lib/jvm/bin", "JAVA_HOME=/usr/lib/jvm"]}' \
    "$base" "$agent/libraries.layer" "$agent/application.layer" "$work/layer" || return
  printf '%s\n' "$work/agent.tar" "$(tail -n 1 "$built")"
}

simulated_image_name() { # TAR
  tar --extract --to-stdout --file "$1" index.json | jq -r '.manifests[0].annotations["io.containerd.image.name"]'
}
