{{/* Names and labels. Those with "root" are called in the NATS chart's context, too: they use .Release and .Values.global alone. */}}

{{- define "weft.fullname" -}}
{{- if contains "weft" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}{{ printf "%s-weft" (.Release.Name | trunc 35 | trimSuffix "-") }}{{ end }}
{{- end }}

{{/* Of everything that belongs to this release. */}}
{{- define "weft.instanceLabels" -}}
app.kubernetes.io/name: weft
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "weft.selectorLabels" -}}
{{ include "weft.instanceLabels" .root }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "weft.labels" -}}
{{ include "weft.selectorLabels" . }}
app.kubernetes.io/part-of: weft
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* The name of a Secret: yours, or the one that the chart makes. kind: keys, nats, postgres. */}}
{{- define "weft.secret" -}}
{{- get .root.Values.global.weft.existingSecrets .kind | default (printf "%s-%s" (include "weft.fullname" .root) .kind) }}
{{- end }}

{{/* .values: the service's, which may name a tag or a digest of its own. */}}
{{- define "weft.image" -}}
{{- $image := printf "%s/%s" .root.Values.image.repository .name }}
{{- $tag := .values.tag | default .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- with .values.digest }}{{ printf "%s@%s" $image . }}{{ else }}{{ printf "%s:%s" $image $tag }}{{ end }}
{{- end }}

{{/* Names as the official charts make them. */}}
{{- define "weft.subchart" -}}
{{- if contains .name .root.Release.Name }}{{ .root.Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .root.Release.Name .name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "weft.natsAddress" -}}
{{- if .Values.nats.enabled }}{{ include "weft.subchart" (dict "root" . "name" "nats") }}:4222
{{- else }}{{ required "externalNats.host, or nats.enabled" .Values.externalNats.host }}:{{ .Values.externalNats.port }}{{ end }}
{{- end }}

{{- define "weft.natsMonitorUrl" -}}
{{- if .Values.nats.enabled }}http://{{ include "weft.subchart" (dict "root" . "name" "nats") }}-headless:8222
{{- else }}{{ .Values.externalNats.monitorUrl }}{{ end }}
{{- end }}

{{- define "weft.streamReplicas" -}}
{{- if not .Values.nats.enabled }}{{ .Values.externalNats.streamReplicas }}
{{- else if .Values.nats.config.cluster.enabled }}{{ min 3 .Values.nats.config.cluster.replicas }}
{{- else }}1{{ end }}
{{- end }}

{{/* As in deploy/local/postgres.sql. */}}
{{- define "weft.postgresRoles" -}}
["weft_owner", "weft_memory", "weft_memory_loops", "weft_accounts", "weft_graph", "weft_graph_loops", "weft_extraction", "weft_extraction_loops"]
{{- end }}

{{/* Of the bus, as in deploy/nats/permissions.toml. */}}
{{- define "weft.natsUsers" -}}
{{- $users := list }}
{{- range (include "weft.natsAccounts" . | fromJson).WEFT.users }}{{ $users = append $users .user }}{{ end }}
{{- toJson $users }}
{{- end }}

{{- define "weft.postgresName" -}}{{ include "weft.fullname" . }}-postgres{{- end }}

{{- define "weft.postgresHost" -}}
{{- if .Values.postgres.cluster.enabled }}{{ include "weft.postgresName" . }}-rw
{{- else }}{{ required "postgres.external.host, or postgres.cluster.enabled" .Values.postgres.external.host }}{{ end }}
{{- end }}

{{- define "weft.postgresPort" -}}
{{- if .Values.postgres.cluster.enabled }}5432{{ else }}{{ .Values.postgres.external.port }}{{ end }}
{{- end }}

{{/* The Secret with the superuser's username and password; empty: the roles are there already. */}}
{{- define "weft.superuserSecret" -}}
{{- if .Values.postgres.cluster.enabled }}{{ include "weft.postgresName" . }}-superuser
{{- else }}{{ .Values.postgres.external.superuserSecret }}{{ end }}
{{- end }}

{{- define "weft.qdrantUrl" -}}
{{- if .Values.qdrant.enabled }}http://{{ include "weft.subchart" (dict "root" . "name" "qdrant") }}:6333
{{- else }}{{ .Values.externalQdrant.url }}{{ end }}
{{- end }}

{{/* "true" where the index is in the search service's own pod. */}}
{{- define "weft.indexInPod" -}}
{{- if not (include "weft.qdrantUrl" .) }}true{{ end }}
{{- end }}

{{/* "true" where all servers and Secrets are there before this release is. */}}
{{- define "weft.allExternal" -}}
{{- $own := .Values.global.weft.existingSecrets }}
{{- if not (or .Values.nats.enabled .Values.postgres.cluster.enabled) }}
{{- if and $own.keys $own.nats $own.postgres }}true{{ end }}
{{- end }}
{{- end }}

{{/* A service's values over the defaults, as YAML. replicas: those that there are without autoscaling. */}}
{{- define "weft.component" -}}
{{- $own := mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (get .root.Values .name)) }}
{{- if or (eq .name "graph") (and (eq .name "search") (include "weft.indexInPod" .root)) }}
{{- $_ := set $own "replicas" 1 }}
{{- $_ := set $own.autoscaling "enabled" false }}
{{- $_ := set $own.keda "enabled" false }}
{{- end }}
{{- if and $own.autoscaling.enabled $own.keda.enabled }}
{{- fail (printf "%s: autoscaling or keda, not both" .name) }}
{{- end }}
{{- if and $own.keda.enabled (eq .name "gateway") }}
{{- fail "gateway: it reads no stream, so KEDA has nothing to go by: use autoscaling" }}
{{- end }}
{{- $least := ternary $own.autoscaling.minReplicas (ternary $own.keda.minReplicas $own.replicas $own.keda.enabled) $own.autoscaling.enabled }}
{{- $_ := set $own "replicasMin" $least }}
{{- toYaml $own }}
{{- end }}

{{- define "weft.scaled" -}}
{{- if or .autoscaling.enabled .keda.enabled }}true{{ end }}
{{- end }}

{{/* Where MCP may be called: every name by which the gateway is reached from outside, and inside the cluster. */}}
{{- define "weft.mcpHosts" -}}
{{- $inside := printf "%s-gateway" (include "weft.fullname" .) }}
{{- $hosts := concat .Values.gateway.mcpHosts .Values.ingress.hosts .Values.gatewayApi.hostnames }}
{{- $hosts = concat $hosts (list $inside (printf "%s.%s" $inside .Release.Namespace) (printf "%s.%s.svc" $inside .Release.Namespace)) }}
{{- range (list "localhost" "127.0.0.1") }}{{ $hosts = append $hosts . }}{{ end }}
{{- $all := list }}
{{- range ($hosts | uniq) }}{{ $all = concat $all (list . (printf "%s:*" .)) }}{{ end }}
{{- join ", " $all }}
{{- end }}
