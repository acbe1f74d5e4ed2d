{{/* The table everything is made from. */}}
{{- define "panel.topology" -}}
{{ .Files.Get "files/topology.yaml" }}
{{- end }}

{{- define "panel.labels" -}}
app.kubernetes.io/name: innbyggerpanel
app.kubernetes.io/instance: {{ .Values.prefix }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* (dict "root" $ "part" name): what selectors look for; never changes. */}}
{{- define "panel.selector" -}}
app.kubernetes.io/name: innbyggerpanel
app.kubernetes.io/instance: {{ .root.Values.prefix }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "panel.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}
{{- end }}

{{/* (dict "root" $ "part" name "account" bool): what every pod of ours has in common: no rights, nothing to write to. */}}
{{- define "panel.pod" -}}
serviceAccountName: {{ .root.Values.prefix }}-{{ .part }}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{ range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "panel.container" -}}
image: {{ include "panel.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* CA files by what they are of: mounts and volumes; a CA of one's own is a secret's key. */}}
{{- define "panel.authorities" -}}
{{- $found := dict }}
{{- if eq .Values.postgres.mode "own" }}
{{- $_ := set $found "postgres" (dict "secret" (printf "%s-db-ca" .Values.prefix) "key" "ca.crt") }}
{{- else if .Values.postgres.external.caSecret }}
{{- $_ := set $found "postgres" (dict "secret" .Values.postgres.external.caSecret "key" .Values.postgres.external.caKey) }}
{{- end }}
{{- if ne .Values.kafka.mode "external" }}
{{- $_ := set $found "kafka" (dict "secret" (printf "%s-cluster-ca-cert" (include "panel.kafka.cluster" .)) "key" "ca.crt") }}
{{- else if .Values.kafka.external.caSecret }}
{{- $_ := set $found "kafka" (dict "secret" .Values.kafka.external.caSecret "key" .Values.kafka.external.caKey) }}
{{- end }}
{{- if .Values.mail.caSecret }}
{{- $_ := set $found "mail" (dict "secret" .Values.mail.caSecret "key" "ca.crt") }}
{{- end }}
{{- toYaml $found }}
{{- end }}

{{/* (dict "root" $ "of" list): those volumes of "panel.authorities". */}}
{{- define "panel.authority.volumes" -}}
{{- $found := include "panel.authorities" .root | fromYaml }}
{{- range $name := .of }}
{{- with get $found $name }}
- name: ca-{{ $name }}
  secret:
    secretName: {{ .secret }}
    items: [{key: {{ .key }}, path: ca.crt}]
{{- end }}
{{- end }}
{{- end }}

{{- define "panel.authority.mounts" -}}
{{- $found := include "panel.authorities" .root | fromYaml }}
{{- range $name := .of }}
{{- if hasKey $found $name }}
- {name: ca-{{ $name }}, mountPath: /etc/panel/ca/{{ $name }}, readOnly: true}
{{- end }}
{{- end }}
{{- end }}

{{- define "panel.kafka.cluster" -}}
{{ if eq .Values.kafka.mode "strimzi" }}{{ .Values.kafka.cluster }}{{ else }}{{ .Values.prefix }}{{ end }}
{{- end }}

{{- define "panel.kafka.servers" -}}
{{ if eq .Values.kafka.mode "external" }}{{ .Values.kafka.external.servers }}{{ else }}{{ include "panel.kafka.cluster" . }}-kafka-bootstrap:9093{{ end }}
{{- end }}

{{- define "panel.db.database" -}}
{{ if eq .Values.postgres.mode "own" }}{{ .Values.prefix }}{{ else }}{{ .Values.postgres.external.database | default .Values.prefix }}{{ end }}
{{- end }}

{{/* (dict "root" $ "owner" bool): host:port; the owner goes past the pooler. */}}
{{- define "panel.db.place" -}}
{{- $v := .root.Values }}
{{- if ne $v.postgres.mode "own" -}}
{{ $v.postgres.external.host }}:{{ $v.postgres.external.port }}
{{- else if and $v.postgres.pooler.enabled (not .owner) -}}
{{ $v.prefix }}-pooler:5432
{{- else -}}
{{ $v.prefix }}-db-rw:5432
{{- end }}
{{- end }}

{{/* (dict "root" $ "role" name "owner" bool): the URL without its password, which the pod puts in from its secret. */}}
{{- define "panel.db.url" -}}
{{- $found := include "panel.authorities" .root | fromYaml -}}
postgresql://{{ .role }}:$(DATABASE_PASSWORD)@{{ include "panel.db.place" . }}/{{ include "panel.db.database" .root }}?sslmode=verify-full{{ if hasKey $found "postgres" }}&sslrootcert=/etc/panel/ca/postgres/ca.crt{{ end }}
{{- end }}

{{/* The profile as the folder that the services read. */}}
{{- define "panel.profile.volume" -}}
- name: profile
  configMap:
    name: {{ .Values.prefix }}-profile
    items:
      - {key: profile.yaml, path: profile.yaml}
      {{- if .Values.profileLogo }}
      - {key: logo.svg, path: logo.svg}
      {{- end }}
      {{- range $page, $_ := .Values.profileTexts }}
      - {key: texts.{{ $page }}.md, path: texts/{{ $page }}.md}
      {{- end }}
      {{- range $name, $_ := .Values.profileQuestionnaires }}
      - {key: questionnaires.{{ $name }}.yaml, path: questionnaires/{{ $name }}.yaml}
      {{- end }}
{{- end }}
