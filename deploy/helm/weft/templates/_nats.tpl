{{/* Of the NATS chart's values: called in its context. */}}

{{/* A user for each table of deploy/nats/permissions.toml, and one for each subscriber. */}}
{{- define "weft.natsAuthorization" -}}
{{- $users := list }}
{{- range $user, $allowed := include "weft.natsPermissions" . | fromJson }}
{{- $password := printf "<< $NATS_PASSWORD_%s >>" (upper $user) }}
{{- $permissions := dict "publish" (dict "allow" $allowed.publish) "subscribe" (dict "allow" $allowed.subscribe) }}
{{- $users = append $users (dict "user" $user "password" $password "permissions" $permissions) }}
{{- end }}
{{- toJson (dict "authorization" (dict "users" $users)) }}
{{- end }}

{{- define "weft.natsEnv" -}}
{{- $env := dict }}
{{- $secret := include "weft.secret" (dict "root" . "kind" "nats") }}
{{- range $user, $allowed := include "weft.natsPermissions" . | fromJson }}
{{- $_ := set $env (printf "NATS_PASSWORD_%s" (upper $user)) (dict "valueFrom" (dict "secretKeyRef" (dict "name" $secret "key" $user))) }}
{{- end }}
{{- $keys := include "weft.secret" (dict "root" . "kind" "keys") }}
{{- $_ := set $env "NATS_ENCRYPTION_KEY" (dict "valueFrom" (dict "secretKeyRef" (dict "name" $keys "key" "nats-encryption-key"))) }}
{{- toJson $env }}
{{- end }}
