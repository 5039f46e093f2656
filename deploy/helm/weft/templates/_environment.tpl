{{/* What the processes are told. Passwords are variables of their own, from Secrets; $(NAME) puts them into URLs. */}}

{{- define "weft.fromSecret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{ end }}

{{- define "weft.dsn" -}}
{{- $root := .root }}
{{- include "weft.fromSecret" (dict "name" (printf "PASSWORD_%s" (upper .role)) "secret" (include "weft.secret" (dict "root" $root "kind" "postgres")) "key" .role) }}
- name: {{ .name }}
  value: postgresql://{{ .role }}:$(PASSWORD_{{ upper .role }})@{{ include "weft.postgresHost" $root }}:{{ include "weft.postgresPort" $root }}/{{ $root.Values.postgres.database }}{{ with $root.Values.postgres.parameters }}?{{ . }}{{ end }}
{{ end }}

{{- define "weft.natsUrl" -}}
{{- $root := .root }}
{{- include "weft.fromSecret" (dict "name" "NATS_PASSWORD" "secret" (include "weft.secret" (dict "root" $root "kind" "nats")) "key" .user) }}
- name: WEFT_NATS_URL
  value: {{ ternary "nats" $root.Values.externalNats.scheme $root.Values.nats.enabled }}://{{ .user }}:$(NATS_PASSWORD)@{{ include "weft.natsAddress" $root }}
{{ end }}

{{/* One service's environment. */}}
{{- define "weft.environment" -}}
{{- $root := .root }}{{- $name := .name }}{{- $values := $root.Values }}
{{- $keys := include "weft.secret" (dict "root" $root "kind" "keys") }}
{{- $dsns := dict
  "memory" (dict "WEFT_POSTGRES_DSN" "weft_memory" "WEFT_POSTGRES_LOOPS_DSN" "weft_memory_loops" "WEFT_POSTGRES_ACCOUNTS_DSN" "weft_accounts")
  "graph" (dict "WEFT_POSTGRES_DSN" "weft_graph" "WEFT_POSTGRES_LOOPS_DSN" "weft_graph_loops")
  "extraction" (dict "WEFT_POSTGRES_DSN" "weft_extraction" "WEFT_POSTGRES_LOOPS_DSN" "weft_extraction_loops") }}
{{- include "weft.natsUrl" (dict "root" $root "user" $name) }}
- name: WEFT_METRICS_HOST
  value: 0.0.0.0
- name: WEFT_METRICS_PORT
  value: {{ $values.metrics.port | quote }}
{{- range $variable, $role := get $dsns $name | default dict }}
{{ include "weft.dsn" (dict "root" $root "name" $variable "role" $role) | trim }}
{{- end }}
{{- if hasKey $dsns $name }}
- name: WEFT_MASTER_KEY_FILE
  value: /etc/weft/master-key
{{- end }}
{{- if eq $name "gateway" }}
- name: WEFT_HTTP_HOST
  value: 0.0.0.0
- name: WEFT_HTTP_PORT
  value: "8080"
- name: WEFT_MCP_HOSTS
  value: {{ include "weft.mcpHosts" $root | quote }}
{{ include "weft.fromSecret" (dict "name" "WEFT_KEY_PEPPER" "secret" $keys "key" "key-pepper") | trim }}
{{ include "weft.fromSecret" (dict "name" "WEFT_PORTAL_KEY" "secret" $keys "key" "portal-key") | trim }}
{{- end }}
{{- if eq $name "memory" }}
{{- with include "weft.natsMonitorUrl" $root }}
- name: WEFT_NATS_MONITOR_URL
  value: {{ . }}
{{- end }}
{{- end }}
{{- if eq $name "search" }}
- name: WEFT_SEARCH_DIR
  value: /var/lib/weft/search
{{ include "weft.fromSecret" (dict "name" "WEFT_INDEX_KEY" "secret" $keys "key" "index-key") | trim }}
{{- with include "weft.qdrantUrl" $root }}
- name: WEFT_QDRANT_URL
  value: {{ . }}
{{- end }}
{{- if and $values.qdrant.enabled $values.qdrant.apiKey }}
{{ include "weft.fromSecret" (dict "name" "WEFT_QDRANT_API_KEY" "secret" (printf "%s-apikey" (include "weft.subchart" (dict "root" $root "name" "qdrant"))) "key" "api-key") | trim }}
{{- else if and (not $values.qdrant.enabled) $values.externalQdrant.existingSecret }}
{{ include "weft.fromSecret" (dict "name" "WEFT_QDRANT_API_KEY" "secret" $values.externalQdrant.existingSecret "key" $values.externalQdrant.existingSecretKey) | trim }}
{{- end }}
{{- with $values.embedding }}
{{- if .baseUrl }}
- name: WEFT_EMBEDDING_BASE_URL
  value: {{ .baseUrl | quote }}
- name: WEFT_EMBEDDING_MODEL
  value: {{ required "embedding.model" .model | quote }}
- name: WEFT_EMBEDDING_DIMENSION
  value: {{ required "embedding.dimension" (.dimension | default nil) | int | quote }}
{{- if .existingSecret }}
{{ include "weft.fromSecret" (dict "name" "WEFT_EMBEDDING_API_KEY" "secret" .existingSecret "key" .existingSecretKey) | trim }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if has $name (list "search" "extraction") }}
- name: WEFT_MODEL_DIR
  value: /opt/weft/model
- name: WEFT_EMBEDDING
  value: {{ $values.embedding.mode | quote }}
{{- end }}
{{- if has $name (list "graph" "extraction") }}
{{- with $values.llm }}
{{- if .model }}
- name: WEFT_LLM_MODEL
  value: {{ .model | quote }}
{{- if .baseUrl }}
- name: WEFT_LLM_BASE_URL
  value: {{ .baseUrl | quote }}
{{- end }}
{{- if .existingSecret }}
{{ include "weft.fromSecret" (dict "name" "WEFT_LLM_API_KEY" "secret" .existingSecret "key" .existingSecretKey) | trim }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- with $values.telemetry.otlpEndpoint }}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.namespace.name={{ $root.Release.Namespace }},k8s.pod.name=$(POD_NAME)
{{- end }}
{{- range $variable, $value := .values.env }}
- name: {{ $variable }}
  value: {{ $value | quote }}
{{- end }}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
