{{/* Written by `python -m deploy.helm` from deploy/nats/permissions.toml. Called in the NATS chart's context. */}}
{{- define "weft.natsAccounts" -}}
{
  "WEFT": {
    "jetstream": "enabled",
    "users": [
      {
        "user": "gateway",
        "password": "<< $NATS_PASSWORD_GATEWAY >>",
        "permissions": {
          "publish": {
            "allow": [
              "commands.>",
              "queries.>",
              "accounts.>",
              "$JS.API.STREAM.INFO.>",
              "$JS.API.STREAM.MSG.GET.COMMANDS",
              "$JS.API.STREAM.MSG.GET.KV_KEYS",
              "$O.BLOBS.>",
              "$JS.API.STREAM.MSG.GET.OBJ_BLOBS",
              "$JS.API.STREAM.PURGE.OBJ_BLOBS"
            ]
          },
          "subscribe": {
            "allow": [
              "_INBOX_gateway.>",
              "news.*"
            ]
          }
        }
      },
      {
        "user": "memory",
        "password": "<< $NATS_PASSWORD_MEMORY >>",
        "permissions": {
          "publish": {
            "allow": [
              "events.>",
              "news.*",
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
              "$JS.API.CONSUMER.INFO.EVENTS.search",
              "$JS.API.CONSUMER.INFO.EVENTS.graph",
              "$JS.API.CONSUMER.INFO.EVENTS.extraction",
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
            ]
          },
          "subscribe": {
            "allow": [
              "queries.memory.>",
              "accounts.>",
              "admin.memory.>",
              "_INBOX_memory.>"
            ]
          }
        }
      },
      {
        "user": "search",
        "password": "<< $NATS_PASSWORD_SEARCH >>",
        "permissions": {
          "publish": {
            "allow": [
              "queries.memory.>",
              "derived.*.embedding.*",
              "derived.*.chunks.*.*",
              "derived.*.calls",
              "parked.>",
              "leases.search.>",
              "$JS.API.STREAM.MSG.DELETE.LEASES",
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
            ]
          },
          "subscribe": {
            "allow": [
              "queries.search.>",
              "admin.search.>",
              "_INBOX_search.>"
            ]
          }
        }
      },
      {
        "user": "graph",
        "password": "<< $NATS_PASSWORD_GRAPH >>",
        "permissions": {
          "publish": {
            "allow": [
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
            ]
          },
          "subscribe": {
            "allow": [
              "queries.graph.>",
              "admin.graph.>",
              "_INBOX_graph.>"
            ]
          }
        }
      },
      {
        "user": "extraction",
        "password": "<< $NATS_PASSWORD_EXTRACTION >>",
        "permissions": {
          "publish": {
            "allow": [
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
              "parked.>",
              "_INBOX_gateway.>",
              "_INBOX_admin.>",
              "$JS.API.STREAM.INFO.EVENTS",
              "$JS.API.CONSUMER.INFO.EVENTS.extraction",
              "$JS.API.CONSUMER.MSG.NEXT.EVENTS.extraction",
              "$JS.ACK.EVENTS.extraction.>"
            ]
          },
          "subscribe": {
            "allow": [
              "queries.extraction.>",
              "admin.extraction.>",
              "_INBOX_extraction.>"
            ]
          }
        }
      },
      {
        "user": "admin",
        "password": "<< $NATS_PASSWORD_ADMIN >>",
        "permissions": {
          "publish": {
            "allow": [
              ">"
            ]
          },
          "subscribe": {
            "allow": [
              ">"
            ]
          }
        }
      }
    ],
    "exports": [
      {
        "service": "$JS.API.CONSUMER.MSG.NEXT.EVENTS.*",
        "response_type": "stream"
      },
      {
        "service": "$JS.API.CONSUMER.INFO.EVENTS.*"
      },
      {
        "service": "$JS.ACK.EVENTS.*.>"
      }
    ]
  }
}
{{- end }}
