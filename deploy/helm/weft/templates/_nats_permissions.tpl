{{/* Written by `python -m deploy.helm` from deploy/nats/permissions.toml. */}}
{{- define "weft.natsPermissions" -}}
{
  "gateway": {
    "publish": [
      "commands.>",
      "queries.>",
      "accounts.>",
      "$JS.API.STREAM.INFO.>",
      "$JS.API.STREAM.MSG.GET.COMMANDS",
      "$JS.API.STREAM.MSG.GET.KV_KEYS",
      "$O.BLOBS.>",
      "$JS.API.STREAM.MSG.GET.OBJ_BLOBS",
      "$JS.API.STREAM.PURGE.OBJ_BLOBS"
    ],
    "subscribe": [
      "_INBOX_gateway.>"
    ]
  },
  "memory": {
    "publish": [
      "events.>",
      "parked.>",
      "$KV.KEYS.>",
      "_INBOX_gateway.>",
      "_INBOX_search.>",
      "_INBOX_graph.>",
      "_INBOX_extraction.>",
      "_INBOX_admin.>",
      "$JS.API.INFO",
      "$JS.API.STREAM.INFO.COMMANDS",
      "$JS.API.STREAM.MSG.GET.COMMANDS",
      "$JS.API.STREAM.MSG.DELETE.COMMANDS",
      "$JS.API.STREAM.PURGE.COMMANDS",
      "$JS.API.CONSUMER.INFO.COMMANDS.memory",
      "$JS.API.CONSUMER.MSG.NEXT.COMMANDS.memory",
      "$JS.ACK.COMMANDS.memory.>",
      "$JS.API.STREAM.INFO.EVENTS",
      "$JS.API.STREAM.MSG.GET.EVENTS",
      "$JS.API.STREAM.MSG.DELETE.EVENTS",
      "$JS.API.STREAM.INFO.DERIVED",
      "$JS.API.STREAM.MSG.GET.DERIVED",
      "$JS.API.STREAM.MSG.DELETE.DERIVED",
      "$JS.API.CONSUMER.INFO.DERIVED.memory",
      "$JS.API.CONSUMER.MSG.NEXT.DERIVED.memory",
      "$JS.ACK.DERIVED.memory.>",
      "$JS.API.STREAM.INFO.PARKED",
      "$JS.API.STREAM.MSG.GET.PARKED",
      "$JS.API.STREAM.MSG.DELETE.PARKED",
      "$JS.API.STREAM.INFO.KV_KEYS",
      "$JS.API.STREAM.INFO.OBJ_BLOBS",
      "$JS.API.STREAM.MSG.GET.OBJ_BLOBS",
      "$JS.API.STREAM.MSG.DELETE.OBJ_BLOBS",
      "$JS.API.STREAM.MSG.GET.KV_KEYS"
    ],
    "subscribe": [
      "queries.memory.>",
      "accounts.>",
      "admin.memory.>",
      "_INBOX_memory.>"
    ]
  },
  "search": {
    "publish": [
      "queries.memory.>",
      "derived.*.embedding.*",
      "derived.*.chunks.*.*",
      "derived.*.calls",
      "parked.>",
      "_INBOX_gateway.>",
      "_INBOX_graph.>",
      "_INBOX_extraction.>",
      "_INBOX_admin.>",
      "$JS.API.STREAM.INFO.EVENTS",
      "$JS.API.CONSUMER.INFO.EVENTS.search",
      "$JS.API.CONSUMER.MSG.NEXT.EVENTS.search",
      "$JS.ACK.EVENTS.search.>",
      "$JS.API.STREAM.INFO.DERIVED",
      "$JS.API.STREAM.MSG.GET.DERIVED",
      "$JS.API.STREAM.MSG.DELETE.DERIVED",
      "$JS.API.CONSUMER.INFO.DERIVED.search",
      "$JS.API.CONSUMER.MSG.NEXT.DERIVED.search",
      "$JS.ACK.DERIVED.search.>"
    ],
    "subscribe": [
      "queries.search.>",
      "admin.search.>",
      "_INBOX_search.>"
    ]
  },
  "graph": {
    "publish": [
      "queries.memory.>",
      "queries.search.run",
      "derived.*.ranks.*",
      "derived.*.judgement.*.*",
      "parked.>",
      "_INBOX_gateway.>",
      "_INBOX_extraction.>",
      "_INBOX_admin.>",
      "$JS.API.STREAM.INFO.EVENTS",
      "$JS.API.CONSUMER.INFO.EVENTS.graph",
      "$JS.API.CONSUMER.MSG.NEXT.EVENTS.graph",
      "$JS.ACK.EVENTS.graph.>",
      "$JS.API.STREAM.INFO.DERIVED",
      "$JS.API.CONSUMER.INFO.DERIVED.graph",
      "$JS.API.CONSUMER.MSG.NEXT.DERIVED.graph",
      "$JS.ACK.DERIVED.graph.>",
      "$JS.API.STREAM.MSG.GET.DERIVED",
      "$JS.API.STREAM.MSG.DELETE.DERIVED"
    ],
    "subscribe": [
      "queries.graph.>",
      "admin.graph.>",
      "_INBOX_graph.>"
    ]
  },
  "extraction": {
    "publish": [
      "commands.*.memory.*.store",
      "commands.*.memory.*.revise",
      "commands.*.memory.*.consolidate",
      "commands.*.document.*.chunks",
      "commands.*.document.*.findings",
      "commands.*.document.*.finish",
      "commands.*.job.>",
      "queries.memory.>",
      "queries.search.run",
      "queries.graph.near_duplicates",
      "_INBOX_gateway.>",
      "parked.>",
      "_INBOX_gateway.>",
      "_INBOX_admin.>",
      "$JS.API.STREAM.INFO.EVENTS",
      "$JS.API.CONSUMER.INFO.EVENTS.extraction",
      "$JS.API.CONSUMER.MSG.NEXT.EVENTS.extraction",
      "$JS.ACK.EVENTS.extraction.>"
    ],
    "subscribe": [
      "queries.extraction.>",
      "admin.extraction.>",
      "_INBOX_extraction.>"
    ]
  },
  "admin": {
    "publish": [
      ">"
    ],
    "subscribe": [
      ">"
    ]
  }
}
{{- end }}
