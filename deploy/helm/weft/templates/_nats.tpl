{{/* What the NATS server's containers are given: called in the NATS chart's context. */}}

{{- define "weft.natsEnv" -}}
{{- $env := dict }}
{{- $secret := include "weft.secret" (dict "root" . "kind" "nats") }}
{{- range include "weft.natsUsers" . | fromJsonArray }}
{{- $_ := set $env (printf "NATS_PASSWORD_%s" (upper .)) (dict "valueFrom" (dict "secretKeyRef" (dict "name" $secret "key" .))) }}
{{- end }}
{{- $keys := include "weft.secret" (dict "root" . "kind" "keys") }}
{{- $_ := set $env "NATS_ENCRYPTION_KEY" (dict "valueFrom" (dict "secretKeyRef" (dict "name" $keys "key" "nats-encryption-key"))) }}
{{- toJson $env }}
{{- end }}
