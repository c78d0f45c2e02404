{{/*
A file of the kustomize base with our images as the values say. The manifests live there alone; `base` is a link, which
`helm package` replaces with what it leads to.
*/}}
{{- define "vsmmu.file" -}}
{{- $text := .root.Files.Get (printf "base/%s" .file) -}}
{{- if not $text -}}
{{- fail (printf "the chart lacks base/%s: install it from a clone of the repository, or from what `helm package` made" .file) -}}
{{- end -}}
{{- include "vsmmu.images" (dict "root" .root "text" $text) -}}
{{- end -}}

{{/* Text, with docker.io/vsmmu/NAME:TAG replaced by where the values say that the image is. */}}
{{- define "vsmmu.images" -}}
{{- $images := .root.Values.images -}}
{{- $tag := default .root.Chart.AppVersion $images.tag -}}
{{- $text := regexReplaceAll "docker\\.io/vsmmu/([a-z-]+):[0-9A-Za-z._-]+" .text (printf "%s/${1}:%s" $images.registry $tag) -}}
{{- range $name, $digest := $images.digests -}}
{{- $image := printf "%s/%s:%s" $images.registry $name $tag -}}
{{- $text = replace $image (printf "%s@%s" $image $digest) $text -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/* The operator's Deployment with the values in it. */}}
{{- define "vsmmu.operator" -}}
{{- $values := .root.Values -}}
{{- $deployment := .object -}}
{{- $_ := set $deployment.spec "replicas" (int $values.operator.replicas) -}}
{{- $pod := $deployment.spec.template.spec -}}
{{- range $field := list "priorityClassName" "nodeSelector" "tolerations" "affinity" -}}
{{- with get $values.operator $field -}}{{- $_ := set $pod $field . -}}{{- end -}}
{{- end -}}
{{- with $values.images.pullSecrets -}}{{- $_ := set $pod "imagePullSecrets" . -}}{{- end -}}
{{- $container := first $pod.containers -}}
{{- $_ := set $container "imagePullPolicy" $values.images.pullPolicy -}}
{{- $_ := set $container "resources" $values.operator.resources -}}
{{- $env := list -}}
{{- range $variable := $container.env -}}
{{- if eq $variable.name "VSMMU_AGENT_POD" -}}
{{- $_ := set $variable "value" (printf "%s\n" (include "vsmmu.agentPod" $)) -}}
{{- else if eq $variable.name "VSMMU_WEBHOOK_SIDECAR_IMAGE_PULL_POLICY" -}}
{{- $_ := set $variable "value" $values.images.pullPolicy -}}
{{- end -}}
{{- $env = append $env $variable -}}
{{- end -}}
{{- $_ := set $container "env" (concat $env $values.operator.env) -}}
{{- toYaml $deployment -}}
{{- end -}}

{{/* What the operator is told of the agent's pods. */}}
{{- define "vsmmu.agentPod" -}}
{{- $values := .root.Values -}}
{{- $pod := dict "imagePullPolicy" $values.images.pullPolicy "priorityClassName" $values.agent.priorityClassName "resources" $values.agent.resources "tolerations" $values.agent.tolerations -}}
{{- with $values.images.pullSecrets -}}{{- $_ := set $pod "imagePullSecrets" . -}}{{- end -}}
{{- range $field := list "affinity" "args" "env" -}}
{{- with get $values.agent $field -}}{{- $_ := set $pod $field . -}}{{- end -}}
{{- end -}}
{{- toYaml $pod -}}
{{- end -}}
