# Our images, for those who build with Docker or Podman. The files in them are made by images/build, which needs
# neither; `images/test` compares what is said here with what it writes.
#
#   docker build --target operator --tag REGISTRY/operator:0.1.0 .
#   docker buildx build --platform linux/amd64,linux/arm64 --target device-plugin --tag REGISTRY/device-plugin:0.1.0 --push .

# On the builder's own architecture, whatever the image is for: only Java's archive of its classes is made under emulation,
# which images/build brings along.
FROM --platform=$BUILDPLATFORM debian:trixie-slim AS build
# The package lists stay: they say which archive this is.
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates jq maven openjdk-25-jdk-headless
WORKDIR /src
COPY . .
ARG TARGETARCH
RUN --mount=type=cache,target=/root/.m2 --mount=type=cache,target=/root/.cache/vsmmu \
  for image in device-plugin operator kubevirt-hook; do \
    images/build --architecture "$TARGETARCH" --root "/images/$image" "$image" || exit; \
  done

FROM scratch AS device-plugin
COPY --from=build /images/device-plugin /
ENV PATH=/usr/bin:/usr/lib/jvm/bin JAVA_HOME=/usr/lib/jvm
WORKDIR /
USER 0:0
ENTRYPOINT ["/usr/bin/vsmmu"]
LABEL org.opencontainers.image.title="VSmmu agent" \
  org.opencontainers.image.description="Device plugin that prepares nested IOMMU translation for VMs" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.created="2026-11-01T00:00:00Z" \
  org.opencontainers.image.vendor="VSmmu" \
  org.opencontainers.image.licenses="Apache-2.0"

FROM scratch AS kubevirt-hook
COPY --from=build /images/kubevirt-hook /
ENV PATH=/usr/bin:/usr/lib/jvm/bin JAVA_HOME=/usr/lib/jvm
WORKDIR /
USER 107:107
ENTRYPOINT ["/usr/bin/vsmmu-hook"]
LABEL org.opencontainers.image.title="VSmmu hook" \
  org.opencontainers.image.description="KubeVirt sidecar that gives a VM its vSMMUs" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.created="2026-11-01T00:00:00Z" \
  org.opencontainers.image.vendor="VSmmu" \
  org.opencontainers.image.licenses="Apache-2.0"

FROM scratch AS operator
COPY --from=build /images/operator /
ENV PATH=/usr/bin:/usr/lib/jvm/bin JAVA_HOME=/usr/lib/jvm
WORKDIR /
USER 65532:65532
ENTRYPOINT ["/usr/bin/vsmmu-operator"]
LABEL org.opencontainers.image.title="VSmmu operator" \
  org.opencontainers.image.description="Rolls the agent out and says whether a node is ready" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.created="2026-11-01T00:00:00Z" \
  org.opencontainers.image.vendor="VSmmu" \
  org.opencontainers.image.licenses="Apache-2.0"
