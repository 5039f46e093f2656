{{/* What all pods of Weft have in common. */}}

{{- define "weft.podSpec" -}}
{{- $root := .root }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
securityContext:
  {{- toYaml .values.podSecurityContext | nindent 2 }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $key := list "nodeSelector" "tolerations" "affinity" "priorityClassName" }}
{{- with get $.values $key }}
{{ $key }}: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{/* A service's pod: .root, .name, .values (its own over the defaults). */}}
{{- define "weft.pod" -}}
{{- $root := .root }}{{- $name := .name }}{{- $values := .values }}
metadata:
  labels:
    {{- include "weft.selectorLabels" . | nindent 4 }}
    {{- with $values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: {{ $name }}
    {{- with $values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "weft.podSpec" . | trim | nindent 2 }}
  {{- with $values.topologySpread }}
  topologySpreadConstraints:
    {{- range . }}
    - {{- toYaml (merge (dict "labelSelector" (dict "matchLabels" (include "weft.selectorLabels" $ | fromYaml))) .) | nindent 6 }}
    {{- end }}
  {{- end }}
  containers:
    - name: {{ $name }}
      image: {{ include "weft.image" (dict "root" $root "name" $name "values" $values) }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      command: [python, -m, services.{{ $name }}.app]
      env:
        {{- include "weft.environment" . | trim | nindent 8 }}
      ports:
        {{- if eq $name "gateway" }}
        - name: http
          containerPort: 8080
        {{- end }}
        - name: metrics
          containerPort: {{ $root.Values.metrics.port }}
      startupProbe:
        httpGet: {path: /healthz, port: metrics}
        periodSeconds: 2
        failureThreshold: 90
      livenessProbe:
        httpGet: {path: /healthz, port: metrics}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      readinessProbe:
        httpGet: {path: /readyz, port: metrics}
        periodSeconds: 5
        timeoutSeconds: 5
        failureThreshold: 3
      {{- with $values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        {{- toYaml $values.securityContext | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
        {{- if has $name (list "memory" "graph" "extraction") }}
        - name: keys
          mountPath: /etc/weft
          readOnly: true
        {{- end }}
        {{- if and (eq $name "search") (include "weft.indexInPod" $root) }}
        - name: index
          mountPath: /var/lib/weft/search
        {{- end }}
        {{- with $values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: tmp
      emptyDir: {}
    {{- if has $name (list "memory" "graph" "extraction") }}
    {{- include "weft.keysVolume" $root | nindent 4 }}
    {{- end }}
    {{- with $values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/* The master key as a file: it is read again where it changed, so that changing it takes no restart. */}}
{{- define "weft.keysVolume" -}}
- name: keys
  secret:
    secretName: {{ include "weft.secret" (dict "root" . "kind" "keys") }}
    defaultMode: 0440
    items:
      - key: master-key
        path: master-key
{{- end }}
