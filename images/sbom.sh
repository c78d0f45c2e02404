# shellcheck shell=bash
# What an image is made of, as CycloneDX: what Maven says of the jars, with the Debian packages of the base.
#
# Sourced; needs jq.
# shellcheck disable=SC2034 # images/build reads it

# Maven's goal that writes MODULE/target/bom.json; the root pom pins the plugin.
readonly sbom_goal=org.cyclonedx:cyclonedx-maven-plugin:makeBom

# Prints the SBOM of an image of one architecture.
sbom() { # MAVEN_BOM PACKAGES SUITE ARCHITECTURE NAME VERSION
  jq -S --rawfile packages "$2" --arg suite "$3" --arg architecture "$4" --arg name "$5" --arg version "$6" '
    def debian: split(" ") as [$package, $version]
      | "pkg:deb/debian/\($package)@\($version | @uri)?arch=\($architecture)&distro=\($suite)"
      | {type: "library", name: $package, version: $version, purl: ., "bom-ref": .};
    del(.serialNumber)
    | (.metadata.component["bom-ref"]) as $application
    | .components = ([.metadata.component] + .components + ($packages | rtrimstr("\n") | split("\n") | map(debian)))
    | .metadata.component = {type: "container", name: $name, version: $version, "bom-ref": "image:\($name)"}
    | .dependencies += [{ref: "image:\($name)",
        dependsOn: ([$application] + ($packages | rtrimstr("\n") | split("\n") | map(debian | .purl)))}]' "$1"
}
