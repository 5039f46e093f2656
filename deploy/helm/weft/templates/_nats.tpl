{{/* What the NATS server's containers are given: called in the NATS chart's context. */}}

{{- define "weft.natsEnv" -}}
{{- $env := dict }}
{{- $secret := include "weft.secret" (dict "root" . "kind" "nats") }}
{{- range (include "weft.natsAccounts" . | fromJson).WEFT.users }}
{{- $_ := set $env (printf "NATS_PASSWORD_%s" (upper .user)) (dict "valueFrom" (dict "secretKeyRef" (dict "name" $secret "key" .user))) }}
{{- end }}
{{- $keys := include "weft.secret" (dict "root" . "kind" "keys") }}
{{- $_ := set $env "NATS_ENCRYPTION_KEY" (dict "valueFrom" (dict "secretKeyRef" (dict "name" $keys "key" "nats-encryption-key"))) }}
{{- toJson $env }}
{{- end }}
